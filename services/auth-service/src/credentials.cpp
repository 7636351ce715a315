#include "credentials.hpp"

#include <algorithm>
#include <cctype>

#include "common/core/json_body.hpp"

namespace saasctl::auth {

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const std::string_view domain = text.substr(at + 1);
  const bool dotted = domain.find('.') != std::string_view::npos && domain.front() != '.' && domain.back() != '.';
  return dotted && domain.find('@') == std::string_view::npos && domain.find("..") == std::string_view::npos &&
         std::ranges::none_of(text, [](unsigned char letter) { return letter <= ' ' || letter == 0x7f; });
}

std::expected<Credentials, services::Response> read_credentials(const services::Request& request) {
  const auto body = services::parse_object(request);
  if (!body) return std::unexpected(body.error());
  auto email = services::text_field(*body, "email", {1, 254});
  if (!email) return std::unexpected(email.error());
  auto password = services::text_field(*body, "password", {8, 128});
  if (!password) return std::unexpected(password.error());
  if (!is_email(*email)) {
    return std::unexpected(services::error_response(422, "invalid_field", "Field 'email' must be an e-mail address."));
  }
  std::ranges::transform(*email, email->begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return Credentials{std::move(*email), std::move(*password)};
}

}  // namespace saasctl::auth
