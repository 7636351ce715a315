// An e-mail address and a password as somebody sent them. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "common/core/http_message.hpp"

namespace saasctl::auth {

struct Credentials {
  std::string email;  // lower case, so that an address has one account
  std::string password;
};

// Enough of RFC 5321 to refuse what can't be an address: one @, something before it, a dotted domain behind it, no
// white space, at most 254 bytes.
[[nodiscard]] bool is_email(std::string_view text);

// 400, 415 or 422 when the body isn't {"email": …, "password": …} with an address and 8 to 128 bytes of password.
[[nodiscard]] std::expected<Credentials, services::Response> read_credentials(const services::Request& request);

}  // namespace saasctl::auth
