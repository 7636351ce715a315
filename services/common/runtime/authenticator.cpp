#include "common/runtime/authenticator.hpp"

#include <nlohmann/json.hpp>

namespace saasctl::services {

Task<std::expected<User, Response>> Authenticator::authenticate(const Exchange& exchange) const {
  const auto token = bearer_token(exchange.request);
  if (!token) {
    co_return std::unexpected(
        error_response(401, "missing_token", "Send the header Authorization: Bearer <access_token>."));
  }
  const nlohmann::json body = {{"token", *token}};
  Call call{.method = "POST",
            .url = introspect_,
            .headers = {{"Content-Type", "application/json"}},
            .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
            .repeatable = true};
  const auto answer = co_await tools_.http.call(std::move(call), exchange.span);
  if (!answer || answer->status != 200) {
    const std::string why = answer ? "status " + std::to_string(answer->status) : answer.error().message;
    tools_.log.write(LogLevel::error, "auth-service could not check a token", {{"error", why}});
    co_return std::unexpected(
        retry_later(503, "auth_unavailable", "The token cannot be checked just now.", std::chrono::seconds(1)));
  }
  const nlohmann::json claims = nlohmann::json::parse(answer->body, nullptr, false);
  if (!claims.is_object() || !claims.value("active", false)) {
    co_return std::unexpected(error_response(401, "invalid_token", "The token is invalid, expired or revoked."));
  }
  co_return User{claims.value("sub", ""), claims.value("email", "")};
}

}  // namespace saasctl::services
