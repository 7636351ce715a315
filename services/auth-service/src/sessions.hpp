// What Redis remembers for auth-service: revoked tokens and how often somebody tried.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/core/span.hpp"
#include "common/runtime/redis.hpp"
#include "jwt.hpp"

namespace saasctl::auth {

// Tokens given back before their time. A revocation is kept exactly as long as the token would have lived.
class Revocations {
 public:
  explicit Revocations(services::redis::Client& redis) : redis_(redis) {}
  services::Task<services::redis::Result<void>> revoke(const Claims& claims, Seconds now, const services::Span& span);
  services::Task<services::redis::Result<bool>> is_revoked(const Claims& claims, const services::Span& span);

 private:
  services::redis::Client& redis_;
};

// At most so many attempts a minute for one address and one e-mail, counted in windows that begin with the first.
class RateLimiter {
 public:
  RateLimiter(services::redis::Client& redis, int per_minute) : redis_(redis), per_minute_(per_minute) {}
  // nullopt: go ahead. Else: how long to wait.
  services::Task<services::redis::Result<std::optional<std::chrono::seconds>>> attempt(std::string who,
                                                                                       const services::Span& span);

 private:
  services::redis::Client& redis_;
  int per_minute_;
};

}  // namespace saasctl::auth
