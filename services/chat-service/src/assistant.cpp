#include "assistant.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace saasctl::chat {

namespace {

using nlohmann::json;
using services::Task;
using Reply = std::expected<std::string, std::string>;

class BuiltInAssistant : public Assistant {
 public:
  Task<Reply> answer(std::vector<Turn> turns, const services::Span&) override {
    const std::string& message = turns.back().content;
    std::istringstream text(message);
    std::size_t words = 0;
    for (std::string word; text >> word;) ++words;
    co_return "You said: \"" + message + "\" (" + std::to_string(words) + (words == 1 ? " word" : " words") +
        "). No AI provider is configured, so this is all I can say.";
  }
};

// OpenAI API reference, "Create chat completion".
class RemoteAssistant : public Assistant {
 public:
  RemoteAssistant(services::Url api, std::string model, services::Secret key, std::chrono::milliseconds timeout,
                  services::HttpClient& http)
      : completions_(api.with_path("/chat/completions")),
        model_(std::move(model)),
        key_(std::move(key)),
        timeout_(timeout),
        http_(http) {}

  Task<Reply> answer(std::vector<Turn> turns, const services::Span& span) override {
    services::Call call{
        .method = "POST",
        .url = completions_,
        .headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + std::string(key_.reveal())}},
        .body = request_body(turns),
        .timeout = timeout_};
    const auto answer = co_await http_.call(std::move(call), span);
    if (!answer) co_return std::unexpected(answer.error().message);
    if (answer->status != 200) {
      co_return std::unexpected(completions_.authority() + " answered " + std::to_string(answer->status));
    }
    co_return content_of(answer->body);
  }

 private:
  [[nodiscard]] std::string request_body(const std::vector<Turn>& turns) const {
    json messages = json::array();
    for (const Turn& turn : turns) messages.push_back({{"role", turn.role}, {"content", turn.content}});
    return json{{"model", model_}, {"messages", std::move(messages)}}.dump(-1, ' ', false,
                                                                           json::error_handler_t::replace);
  }

  [[nodiscard]] Reply content_of(const std::string& body) const {
    const json completion = json::parse(body, nullptr, false);
    const json::json_pointer content("/choices/0/message/content");
    if (completion.is_discarded() || !completion.contains(content) || !completion[content].is_string()) {
      return std::unexpected(completions_.authority() + " answered without choices[0].message.content");
    }
    return completion[content].get<std::string>();
  }

  services::Url completions_;
  std::string model_;
  services::Secret key_;
  std::chrono::milliseconds timeout_;
  services::HttpClient& http_;
};

}  // namespace

std::unique_ptr<Assistant> make_assistant(services::Settings& settings, const services::Tools& tools) {
  services::Secret key = settings.secret("AI_API_KEY_FILE");
  const auto api = settings.url("AI_API_URL");
  const std::chrono::milliseconds timeout(settings.number("AI_TIMEOUT_MS", 30'000, 100, 300'000));
  if (key.empty()) return std::make_unique<BuiltInAssistant>();
  if (!api) settings.problem("AI_API_URL", "is not set, but AI_API_KEY_FILE holds a key");
  std::string model = settings.required("AI_MODEL");
  return std::make_unique<RemoteAssistant>(api.value_or(services::Url{}), std::move(model), std::move(key), timeout,
                                           tools.http);
}

}  // namespace saasctl::chat
