// Who sent a request: asks auth-service about its bearer token. Belongs to the event loop's thread.
#pragma once

#include <expected>
#include <string>

#include "common/core/http_message.hpp"
#include "common/core/url.hpp"
#include "common/runtime/service.hpp"

namespace saasctl::services {

struct User {
  std::string id;
  std::string email;
};

class Authenticator {
 public:
  Authenticator(Url auth, const Tools& tools) : introspect_(auth.with_path("/v1/introspect")), tools_(tools) {}

  // 401 without a valid token; 503 when auth-service can't say. Nothing is cached: a revoked token stops working at
  // once.
  [[nodiscard]] Task<std::expected<User, Response>> authenticate(const Exchange& exchange) const;

 private:
  Url introspect_;
  Tools tools_;
};

}  // namespace saasctl::services
