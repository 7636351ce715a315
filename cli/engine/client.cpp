#include "engine/client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/json.hpp"
#include "util/program_dialer.hpp"
#include "util/text.hpp"

namespace saasctl::engine {
namespace {

constexpr std::chrono::milliseconds ping_timeout{10'000};
constexpr std::chrono::milliseconds dial_timeout{40'000};  // ssh has 30 s of its own to connect

// The system's or libcurl's words, which begin with a capital letter.
std::string reason_of(const http::TransferError& error) {
  auto reason = error.reason.empty() ? error.error.message : error.reason;
  if (reason.size() > 1 && !(reason[1] >= 'A' && reason[1] <= 'Z')) reason[0] = to_lower(reason.substr(0, 1))[0];
  return reason;
}

// "GET /containers/json".
std::string name_of(const Call& call) {
  return fmt::format("{} {}", call.method, call.path.text());
}

// Longer than any message of a real engine; what is cut off is never needed to understand the rest.
constexpr std::size_t longest_message = 4'000;

std::string engine_message(const http::Response& response) {
  const auto json = detail::parse(response.body);
  auto message = json.is_discarded() ? std::string(trim(response.body)) : detail::text(json, "message");
  if (message.empty()) message = fmt::format("the engine answered with status {}", response.status);
  if (message.size() > longest_message) {
    auto end = longest_message;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0U) == 0x80U) --end;  // not inside a character
    message = message.substr(0, end) + "…";
  }
  return message;
}

// Podman answers 500 to conflicts that Docker answers 409 to, and says which by a cause. Source: containers/podman
// v5.4, libpod/define/errors.go and pkg/errorhandling; containers/storage, errors.go.
bool is_podman_conflict(const http::Response& response) {
  if (response.status != 500) return false;
  const auto json = detail::parse(response.body);
  if (json.is_discarded()) return false;
  const auto cause = detail::text(json, "cause");
  return cause == "that name is already in use" || cause == "network is being used" ||
         cause == "container state improper";
}

// The body as JSON, which is UTF-8 by its definition; what is sent comes from the command line and variables as well.
Result<std::string> body_of(const nlohmann::json& json) {
  try {
    return json.dump();
  } catch (const nlohmann::json::type_error&) {
    std::string where;
    for (const auto& [pointer, value] : json.flatten().items()) {
      if (value.is_string() && find_invalid_utf8(value.get_ref<const std::string&>())) where = pointer;
    }
    return failure(ErrorKind::usage, fmt::format("a text for the engine is not UTF-8: {} of the request", where),
                   "look for such bytes in the arguments, and in the variables that are handed on");
  }
}

Result<http::Response> accepted(http::Response response) {
  if ((response.status >= 200 && response.status < 300) || response.status == 304) return response;
  const auto kind = response.status == 404                                   ? ErrorKind::not_found
                    : response.status == 409 || is_podman_conflict(response) ? ErrorKind::conflict
                                                                             : ErrorKind::failed;
  return failure(kind, engine_message(response));
}

}  // namespace

std::string ApiVersion::text() const {
  return fmt::format("{}.{}", major, minor);
}

std::optional<ApiVersion> ApiVersion::parse(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 2) return std::nullopt;
  const auto major = parse_integer(parts[0]);
  const auto minor = parse_integer(parts[1]);
  if (!major || !minor || *major > 1000 || *minor > 1000) return std::nullopt;
  return ApiVersion{static_cast<int>(*major), static_cast<int>(*minor)};
}

// Why nobody answers, in one line of the user's terms. A unix socket tells by itself: by its absence or its
// permissions; ssh by what it has written.
std::unexpected<Error> Client::unreachable(const http::TransferError& error) const {
  const auto says = [&](std::string_view what, std::string hint) {
    return failure(ErrorKind::no_engine,
                   fmt::format("no Docker Engine answers at {} ({}): {}", endpoint_.host, endpoint_.source, what),
                   std::move(hint));
  };
  if (dialer_) {
    const auto said = dialer_->said();
    return says(said.empty() ? reason_of(error) : said,
                fmt::format("check that this works without a question: {}", join(endpoint_.command, " ")));
  }
  if (error.error.kind == ErrorKind::timeout)
    return says("timed out", "check that the engine is running and not overloaded");
  if (endpoint_.unix_socket.empty()) {
    return says(reason_of(error), "check the address and that the engine listens there");
  }
  if (::access(endpoint_.unix_socket.c_str(), R_OK | W_OK) != 0 && errno != EACCES) {
    return says("the socket does not exist", "start the engine ('systemctl start docker'), or set DOCKER_HOST");
  }
  if (::access(endpoint_.unix_socket.c_str(), R_OK | W_OK) != 0) {
    return says("permission denied", "add yourself to the group 'docker' and log in again, or run as root");
  }
  return says(reason_of(error),
              "the socket is there: check that the engine behind it runs ('systemctl status docker')");
}

// What became of a call on a connection that stood.
std::unexpected<Error> Client::broken_off(const Call& call, const http::TransferError& error) const {
  const auto engine = fmt::format("the Docker Engine at {} ({})", endpoint_.host, endpoint_.source);
  if (error.stage == http::Stage::too_large) {
    return failure(fmt::format("the answer of {} to {} is too large: {}", engine, name_of(call), error.reason));
  }
  if (error.error.kind == ErrorKind::timeout) {
    const auto limit = fmt::format("{} s", std::chrono::ceil<std::chrono::seconds>(call.timeout).count());
    return failure(ErrorKind::timeout,
                   fmt::format("{} did not complete {}: {}", engine, name_of(call),
                               error.reason == "timed out" ? "timed out after " + limit : error.reason),
                   "check that the engine is not overloaded or hanging, then run the command again");
  }
  return failure(ErrorKind::no_engine,
                 fmt::format("{} broke off its answer to {}: {}", engine, name_of(call), reason_of(error)),
                 "it may have been stopped or restarted: check that it runs, then run the command again");
}

Client::Client(Endpoint endpoint) : endpoint_(std::move(endpoint)) {
  if (!endpoint_.command.empty()) dialer_ = std::make_shared<http::ProgramDialer>(endpoint_.command);
}

Result<Client> Client::connect(Endpoint endpoint, std::stop_token stop) {
  Client client(std::move(endpoint));
  const Endpoint& to = client.endpoint_;
  const http::Request ping{.method = "HEAD",
                           .url = to.base_url + "/_ping",
                           .unix_socket = to.unix_socket,
                           .dialer = client.dialer_,
                           .timeout = client.dialer_ ? dial_timeout : ping_timeout,
                           .connect_timeout = ping_timeout / 2,
                           .tls = to.tls};
  const auto pong = client.http_.exchange(ping, std::move(stop));
  const auto own_failure = [](ErrorKind kind) { return kind == ErrorKind::interrupted || kind == ErrorKind::usage; };
  if (!pong && own_failure(pong.error().error.kind)) return std::unexpected(pong.error().error);
  if (!pong) return client.unreachable(pong.error());

  const auto theirs = ApiVersion::parse(pong->header("Api-Version").value_or(""));
  if (!theirs) {
    return failure(
        ErrorKind::no_engine,
        fmt::format("the server at {} ({}) is not a Docker Engine (status {})", to.host, to.source, pong->status),
        "check the address");
  }
  if (*theirs < minimum_api) {
    return failure(ErrorKind::no_engine,
                   fmt::format("the Docker Engine at {} ({}) is too old: its API is {}, at least {} is needed", to.host,
                               to.source, theirs->text(), minimum_api.text()),
                   "install Docker Engine 20.10 or newer");
  }
  client.version_ = std::min(*theirs, maximum_api);
  client.podman_ = pong->header("Libpod-Api-Version").has_value();
  return client;
}

Result<http::Request> Client::request_for(const Call& call) const {
  if (!call.path.is_valid()) {
    return failure(ErrorKind::usage,
                   fmt::format("{} is not a name that the engine can be asked for", call.path.refused()),
                   "use a name that is not empty and has no empty part, '.' or '..' between slashes");
  }
  http::Request request{
      .method = call.method,
      .url = endpoint_.base_url + "/v" + version_.text() + call.path.text() + http::query_string(call.query),
      .headers = call.headers,
      .upload = call.upload,
      .on_data = call.on_data,
      .on_head = call.on_head,
      .unix_socket = endpoint_.unix_socket,
      .dialer = dialer_,
      .timeout = call.timeout,
      .idle_timeout = call.idle_timeout,
      .tls = endpoint_.tls};
  if (call.json) {
    auto body = body_of(*call.json);
    if (!body) return std::unexpected(body.error());
    request.body = std::move(*body);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  return request;
}

Result<http::Response> Client::send(const Call& call, std::stop_token stop) const {
  auto request = request_for(call);
  if (!request) return std::unexpected(request.error());
  auto response = http_.exchange(*request, std::move(stop));
  if (response) return accepted(std::move(*response));
  return failed(call, std::move(response.error()));
}

std::unexpected<Error> Client::failed(const Call& call, http::TransferError error) const {
  if (error.stage == http::Stage::caller) return std::unexpected(std::move(error.error));
  // ssh has its say only after the connection to it stands.
  const bool by_command = dialer_ && error.error.kind == ErrorKind::failed && !dialer_->said().empty();
  return error.stage == http::Stage::connecting || by_command ? unreachable(error) : broken_off(call, error);
}

Result<nlohmann::json> Client::send_json(const Call& call, std::stop_token stop) const {
  const auto response = send(call, std::move(stop));
  if (!response) return std::unexpected(response.error());
  auto json = detail::parse(response->body);
  if (json.is_discarded()) return wrong_answer(call, "JSON");
  return json;
}

std::unexpected<Error> Client::wrong_answer(const Call& call, std::string_view expected) {
  return failure(fmt::format("{}: the engine's answer is not {}", name_of(call), expected),
                 "check that a Docker Engine, and no proxy, listens at that address");
}

Result<nlohmann::json> Client::send_object(const Call& call, std::stop_token stop) const {
  auto json = send_json(call, std::move(stop));
  if (json && !json->is_object()) return wrong_answer(call, "a JSON object");
  return json;
}

Result<nlohmann::json> Client::send_list(const Call& call, std::stop_token stop) const {
  auto json = send_json(call, std::move(stop));
  if (json && !(json->is_array() && std::ranges::all_of(*json, [](const auto& row) { return row.is_object(); })))
    return wrong_answer(call, "a list of JSON objects");
  return json;
}

Result<std::string> Client::send_for_id(const Call& call, std::stop_token stop) const {
  const auto answer = send_object(call, std::move(stop));
  if (!answer) return std::unexpected(answer.error());
  auto id = detail::text(*answer, "Id");
  if (id.empty()) return wrong_answer(call, "a JSON object with an Id");
  return id;
}

Result<void> Client::send_only(const Call& call, std::stop_token stop) const {
  auto response = send(call, std::move(stop));
  if (!response) return std::unexpected(std::move(response.error()));
  return {};
}

Result<http::Upgraded> Client::upgrade(const Call& call, std::string_view protocol, std::stop_token stop) const {
  const auto request = request_for(call);
  if (!request) return std::unexpected(request.error());
  auto answer = http::Upgraded::open(*request, protocol, std::move(stop));
  if (!answer) return failed(call, std::move(answer.error()));
  if (answer->connection) return std::move(*answer->connection);
  const auto refused = accepted(std::move(answer->response));
  if (!refused) return std::unexpected(refused.error());
  return failure(fmt::format("{}: the engine did not change to {}", name_of(call), protocol));
}

std::string filters_json(const std::vector<std::pair<std::string, std::vector<std::string>>>& filters) {
  auto json = nlohmann::json::object();
  for (const auto& [name, values] : filters) {
    if (!values.empty()) json[name] = values;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace saasctl::engine
