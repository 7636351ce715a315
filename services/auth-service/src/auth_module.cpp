#include "auth_module.hpp"

#include <sodium.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "common/core/encoding.hpp"
#include "common/core/json_body.hpp"
#include "credentials.hpp"
#include "db.hpp"
#include "jwt.hpp"
#include "passwords.hpp"
#include "sessions.hpp"

namespace saasctl::auth {

namespace {

using nlohmann::json;
using services::Exchange;
using services::Response;
using services::Task;

constexpr std::chrono::seconds kTokenLifetime{900};

Seconds now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string random_token_id() {
  std::array<char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return services::to_base64url({bytes.data(), bytes.size()});
}

json user_json(std::string_view id, std::string_view email) {
  return {{"id", id}, {"email", email}};
}

Response busy() {
  return services::retry_later(503, "busy", "Too many logins at once; try again.", std::chrono::seconds(1));
}

Response wrong_token() {
  return services::error_response(401, "invalid_token", "The token is missing, invalid, expired or revoked.");
}

class AuthModule : public services::Module {
 public:
  AuthModule(const services::Secret& key, std::string issuer, int attempts_per_minute, const services::Tools& tools)
      : tools_(tools),
        signer_(key.reveal(), std::move(issuer)),
        revocations_(tools.redis),
        limiter_(tools.redis, attempts_per_minute) {}

  void add_routes(services::Routes& routes) override {
    routes.add("POST", "/v1/register", [this](Exchange exchange) { return register_user(exchange); });
    routes.add("POST", "/v1/login", [this](Exchange exchange) { return login(exchange); });
    routes.add("POST", "/v1/logout", [this](Exchange exchange) { return logout(exchange); });
    routes.add("GET", "/v1/me", [this](Exchange exchange) { return me(exchange); });
    routes.add("POST", "/v1/introspect", [this](Exchange exchange) { return introspect(exchange); });
    routes.add("GET", "/.well-known/jwks.json", [this](Exchange) { return jwks(); });
  }

 private:
  Task<Response> register_user(Exchange exchange) {
    const auto credentials = read_credentials(exchange.request);
    if (!credentials) co_return credentials.error();
    if (auto refused = co_await refuse_too_many(exchange, *credentials)) co_return std::move(*refused);
    auto hash = co_await passwords_.hash(credentials->password);
    if (!hash) co_return busy();
    db::Queries queries(tools_.database, exchange.span);
    const auto user = co_await queries.insert_user(credentials->email, std::move(*hash));
    if (!user && user.error().is_unique_violation()) {
      co_return services::error_response(409, "email_taken", "There is an account with this e-mail address already.");
    }
    if (!user) co_return services::database_failure(tools_.log, user.error());
    co_return token_response(201, user->value().id, user->value().email);
  }

  Task<Response> login(Exchange exchange) {
    const auto credentials = read_credentials(exchange.request);
    if (!credentials) co_return credentials.error();
    if (auto refused = co_await refuse_too_many(exchange, *credentials)) co_return std::move(*refused);
    db::Queries queries(tools_.database, exchange.span);
    const auto user = co_await queries.find_user_by_email(credentials->email);
    if (!user) co_return services::database_failure(tools_.log, user.error());
    std::optional<std::string> hash;
    if (*user) hash = (*user)->password_hash;
    const auto matches = co_await passwords_.matches(credentials->password, std::move(hash));
    if (!matches) co_return busy();
    if (!*matches) {
      co_return services::error_response(401, "wrong_credentials", "The e-mail address or the password is wrong.");
    }
    co_return token_response(200, (*user)->id, (*user)->email);
  }

  Task<Response> logout(Exchange exchange) {
    const auto token = services::bearer_token(exchange.request);
    const auto claims = co_await valid_claims(token.value_or(""), exchange);
    if (!claims) co_return services::redis_failure(tools_.log, claims.error());
    if (!*claims) co_return wrong_token();
    const auto revoked = co_await revocations_.revoke(**claims, now(), exchange.span);
    if (!revoked) co_return services::redis_failure(tools_.log, revoked.error());
    co_return Response{.status = 204, .headers = {}, .body = {}};
  }

  Task<Response> me(Exchange exchange) {
    const auto token = services::bearer_token(exchange.request);
    const auto claims = co_await valid_claims(token.value_or(""), exchange);
    if (!claims) co_return services::redis_failure(tools_.log, claims.error());
    if (!*claims) co_return wrong_token();
    db::Queries queries(tools_.database, exchange.span);
    const auto user = co_await queries.find_user_by_email((*claims)->email);
    if (!user) co_return services::database_failure(tools_.log, user.error());
    if (!*user) co_return wrong_token();
    co_return services::json_response(200, {{"user",
                                             {{"id", (*user)->id},
                                              {"email", (*user)->email},
                                              {"created_at", services::format_timestamp((*user)->created_at)}}}});
  }

  // As RFC 7662 asks, an unusable token is no error but simply not active.
  Task<Response> introspect(Exchange exchange) {
    const auto body = services::parse_object(exchange.request);
    if (!body) co_return body.error();
    const auto token = services::text_field(*body, "token", {1, 4096});
    if (!token) co_return token.error();
    const auto claims = co_await valid_claims(*token, exchange);
    if (!claims) co_return services::redis_failure(tools_.log, claims.error());
    if (!*claims) co_return services::json_response(200, {{"active", false}});
    co_return services::json_response(200, {{"active", true},
                                            {"sub", (*claims)->subject},
                                            {"email", (*claims)->email},
                                            {"exp", (*claims)->expires_at.time_since_epoch().count()}});
  }

  Task<Response> jwks() {
    Response response{.status = 200, .headers = {}, .body = signer_.jwks()};
    response.headers.push_back({"Cache-Control", "public, max-age=300"});
    co_return response;
  }

  // Empty when the token is not valid or was revoked; an error when Redis can't say.
  Task<services::redis::Result<std::optional<Claims>>> valid_claims(std::string_view token, Exchange exchange) {
    const auto claims = signer_.verify(token, now());
    if (!claims) co_return std::nullopt;
    const auto revoked = co_await revocations_.is_revoked(*claims, exchange.span);
    if (!revoked) co_return std::unexpected(revoked.error());
    if (*revoked) co_return std::nullopt;
    co_return *claims;
  }

  Task<std::optional<Response>> refuse_too_many(Exchange exchange, const Credentials& credentials) {
    const auto wait = co_await limiter_.attempt(exchange.request.peer_address + " " + credentials.email, exchange.span);
    if (!wait) co_return services::redis_failure(tools_.log, wait.error());
    if (!*wait) co_return std::nullopt;
    co_return services::retry_later(429, "too_many_attempts", "Too many attempts; try again later.", **wait);
  }

  Response token_response(int status, const std::string& id, const std::string& email) const {
    const Seconds issued = now();
    const std::string token = signer_.sign({id, email, random_token_id(), issued, issued + kTokenLifetime});
    return services::json_response(status, {{"user", user_json(id, email)},
                                            {"access_token", token},
                                            {"token_type", "Bearer"},
                                            {"expires_in", kTokenLifetime.count()}});
  }

  services::Tools tools_;
  TokenSigner signer_;
  Passwords passwords_;
  Revocations revocations_;
  RateLimiter limiter_;
};

}  // namespace

std::unique_ptr<services::Module> make_auth_module(services::Settings& settings, const services::Tools& tools) {
  const services::Secret key = settings.required_secret("JWT_KEY_FILE");
  if (!key.empty() && key.reveal().size() < TokenSigner::kShortestKeyText) {
    settings.problem("JWT_KEY_FILE", "names a file with fewer than 32 characters of key text");
  }
  const int attempts = settings.number("RATE_LIMIT_PER_MINUTE", 60, 1, 1'000'000);
  return std::make_unique<AuthModule>(key, settings.text("JWT_ISSUER", "saas-auth"), attempts, tools);
}

}  // namespace saasctl::auth
