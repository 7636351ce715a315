#include "sessions.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "common/core/encoding.hpp"

namespace saasctl::auth {

namespace {

namespace redis = services::redis;

std::string revocation_key(const Claims& claims) {
  return "auth:revoked:" + claims.token_id;
}

// Redis gets no e-mail addresses to keep, only what tells them apart.
std::string attempt_key(const std::string& who) {
  std::array<unsigned char, crypto_generichash_BYTES> digest{};
  crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(who.data()), who.size(),
                     nullptr, 0);
  return "auth:attempts:" + services::to_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::int64_t integer(const redis::Reply& reply) {
  const auto* number = std::get_if<std::int64_t>(&reply);
  return number == nullptr ? 0 : *number;
}

}  // namespace

services::Task<redis::Result<void>> Revocations::revoke(const Claims& claims, Seconds now, const services::Span& span) {
  const auto left = std::max<std::int64_t>(1, (claims.expires_at - now).count());
  std::vector<redis::Command> commands{{"SET", revocation_key(claims), "1", "EX", std::to_string(left)}};
  const auto replies = co_await redis_.run(std::move(commands), span);
  if (!replies) co_return std::unexpected(replies.error());
  co_return redis::Result<void>();
}

services::Task<redis::Result<bool>> Revocations::is_revoked(const Claims& claims, const services::Span& span) {
  std::vector<redis::Command> commands{{"EXISTS", revocation_key(claims)}};
  const auto replies = co_await redis_.run(std::move(commands), span);
  if (!replies) co_return std::unexpected(replies.error());
  co_return integer(replies->front()) != 0;
}

services::Task<redis::Result<std::optional<std::chrono::seconds>>> RateLimiter::attempt(std::string who,
                                                                                        const services::Span& span) {
  const std::string key = attempt_key(who);
  std::vector<redis::Command> commands{{"SET", key, "0", "EX", "60", "NX"}, {"INCR", key}, {"TTL", key}};
  const auto replies = co_await redis_.run(std::move(commands), span);
  if (!replies) co_return std::unexpected(replies.error());
  if (integer((*replies)[1]) <= per_minute_) co_return std::nullopt;
  co_return std::chrono::seconds(std::max<std::int64_t>(1, integer((*replies)[2])));
}

}  // namespace saasctl::auth
