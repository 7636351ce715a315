#include "chat_module.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "assistant.hpp"
#include "common/core/json_body.hpp"
#include "common/runtime/authenticator.hpp"
#include "db.hpp"

namespace saasctl::chat {

namespace {

using nlohmann::json;
using services::Exchange;
using services::Response;
using services::Task;

constexpr std::int64_t kMostListed = 200;
constexpr std::int64_t kTurnsRemembered = 20;

// The shape PostgreSQL writes; anything else can't be an id and needn't be asked for.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    const bool fits = dash ? text[at] == '-' : std::isxdigit(static_cast<unsigned char>(text[at])) != 0;
    if (!fits) return false;
  }
  return true;
}

json conversation_json(const db::Conversation& conversation) {
  return {{"id", conversation.id},
          {"title", conversation.title},
          {"created_at", services::format_timestamp(conversation.created_at)}};
}

template <class Message>
json message_json(const Message& message) {
  return {{"id", message.id},
          {"role", message.role},
          {"content", message.content},
          {"created_at", services::format_timestamp(message.created_at)}};
}

class ChatModule : public services::Module {
 public:
  ChatModule(services::Url auth, const services::Url& billing, std::unique_ptr<Assistant> assistant,
             const services::Tools& tools)
      : tools_(tools),
        authenticator_(std::move(auth), tools),
        usage_(billing.with_path("/v1/usage")),
        assistant_(std::move(assistant)) {}

  void add_routes(services::Routes& routes) override {
    routes.add("POST", "/v1/conversations", [this](Exchange exchange) { return create_conversation(exchange); });
    routes.add("GET", "/v1/conversations", [this](Exchange exchange) { return list_conversations(exchange); });
    routes.add("POST", "/v1/conversations/{id}/messages", [this](Exchange exchange) { return send_message(exchange); });
    routes.add("GET", "/v1/conversations/{id}/messages", [this](Exchange exchange) { return list_messages(exchange); });
  }

 private:
  Task<Response> create_conversation(Exchange exchange) {
    const auto user = co_await authenticator_.authenticate(exchange);
    if (!user) co_return user.error();
    const auto body = services::parse_object(exchange.request);
    if (!body) co_return body.error();
    const auto title = services::text_field(*body, "title", {1, 200});
    if (!title) co_return title.error();
    const auto conversation = co_await queries(exchange).insert_conversation(user->id, *title);
    if (!conversation) co_return services::database_failure(tools_.log, conversation.error());
    co_return services::json_response(201, {{"conversation", conversation_json(conversation->value())}});
  }

  Task<Response> list_conversations(Exchange exchange) {
    const auto user = co_await authenticator_.authenticate(exchange);
    if (!user) co_return user.error();
    const auto conversations = co_await queries(exchange).list_conversations(user->id, kMostListed);
    if (!conversations) co_return services::database_failure(tools_.log, conversations.error());
    json list = json::array();
    for (const db::Conversation& conversation : *conversations) list.push_back(conversation_json(conversation));
    co_return services::json_response(200, {{"conversations", std::move(list)}});
  }

  Task<Response> list_messages(Exchange exchange) {
    const auto user = co_await authenticator_.authenticate(exchange);
    if (!user) co_return user.error();
    const auto id = co_await own_conversation(exchange, user->id);
    if (!id) co_return id.error();
    const auto messages = co_await queries(exchange).list_messages(*id, kMostListed);
    if (!messages) co_return services::database_failure(tools_.log, messages.error());
    json list = json::array();
    for (const auto& message : *messages) list.push_back(message_json(message));
    co_return services::json_response(200, {{"messages", std::move(list)}});
  }

  // The message is stored, its use is reported, and only then is the assistant asked: who is over quota costs nothing.
  // What fails after the storing takes the message back, so that no question stays without its answer.
  Task<Response> send_message(Exchange exchange) {
    const auto user = co_await authenticator_.authenticate(exchange);
    if (!user) co_return user.error();
    const auto id = co_await own_conversation(exchange, user->id);
    if (!id) co_return id.error();
    const auto body = services::parse_object(exchange.request);
    if (!body) co_return body.error();
    const auto content = services::text_field(*body, "content", {1, 16 * 1024});
    if (!content) co_return content.error();
    const auto message = co_await queries(exchange).insert_message(*id, "user", *content);
    if (!message) co_return services::database_failure(tools_.log, message.error());
    const auto reply = co_await reply_to(exchange, *id);
    if (!reply) {
      const auto deleted = co_await queries(exchange).delete_message(message->value().id);
      if (!deleted) tools_.log.write(services::LogLevel::warning, "an unanswered message could not be taken back");
      co_return reply.error();
    }
    co_return services::json_response(201, {{"message", message_json(message->value())}, {"reply", *reply}});
  }

  Task<std::expected<json, Response>> reply_to(Exchange exchange, std::string conversation_id) {
    if (auto refused = co_await report_usage(exchange)) co_return std::unexpected(std::move(*refused));
    const auto recent = co_await queries(exchange).recent_messages(conversation_id, kTurnsRemembered);
    if (!recent) co_return std::unexpected(services::database_failure(tools_.log, recent.error()));
    std::vector<Turn> turns;
    for (const auto& row : *recent) turns.push_back({row.role, row.content});
    std::ranges::reverse(turns);
    auto answer = co_await assistant_->answer(std::move(turns), exchange.span);
    if (!answer) {
      tools_.log.write(services::LogLevel::error, "the AI provider failed", {{"error", answer.error()}});
      co_return std::unexpected(services::error_response(502, "ai_unavailable", "The AI provider did not answer."));
    }
    std::erase(*answer, '\0');  // PostgreSQL's text can't hold it
    const auto reply = co_await queries(exchange).insert_message(conversation_id, "assistant", std::move(*answer));
    if (!reply) co_return std::unexpected(services::database_failure(tools_.log, reply.error()));
    co_return message_json(reply->value());
  }

  // Empty when billing-service took the report.
  Task<std::optional<Response>> report_usage(Exchange exchange) {
    const std::string token(services::bearer_token(exchange.request).value_or(""));
    services::Call call{.method = "POST",
                        .url = usage_,
                        .headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + token}},
                        .body = R"({"kind":"message","units":1})"};
    const auto answer = co_await tools_.http.call(std::move(call), exchange.span);
    if (answer && answer->status == 201) co_return std::nullopt;
    if (answer && answer->status == 402) {
      co_return services::error_response(402, "quota_exceeded", "Your plan's messages of this month are used up.");
    }
    const std::string why = answer ? "status " + std::to_string(answer->status) : answer.error().message;
    tools_.log.write(services::LogLevel::error, "billing-service took no usage report", {{"error", why}});
    co_return services::retry_later(503, "billing_unavailable", "Usage cannot be recorded just now.",
                                    std::chrono::seconds(1));
  }

  // The id in the path when the conversation is this user's. Another's is answered as if it did not exist.
  Task<std::expected<std::string, Response>> own_conversation(Exchange exchange, std::string user_id) {
    const std::string id = exchange.parameters.at("id");
    const auto not_found = [] {
      return std::unexpected(services::error_response(404, "not_found", "There is no such conversation."));
    };
    if (!is_uuid(id)) co_return not_found();
    const auto conversation = co_await queries(exchange).find_conversation(id, std::move(user_id));
    if (!conversation) co_return std::unexpected(services::database_failure(tools_.log, conversation.error()));
    if (!*conversation) co_return not_found();
    co_return id;
  }

  db::Queries queries(const Exchange& exchange) const { return {tools_.database, exchange.span}; }

  services::Tools tools_;
  services::Authenticator authenticator_;
  services::Url usage_;
  std::unique_ptr<Assistant> assistant_;
};

}  // namespace

std::unique_ptr<services::Module> make_chat_module(services::Settings& settings, const services::Tools& tools) {
  services::Url auth = settings.required_url("AUTH_URL");
  const services::Url billing = settings.required_url("BILLING_URL");
  return std::make_unique<ChatModule>(std::move(auth), billing, make_assistant(settings, tools), tools);
}

}  // namespace saasctl::chat
