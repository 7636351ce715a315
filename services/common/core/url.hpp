// The parts of an http or https address (RFC 3986, section 3; RFC 9110, section 4.2).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace saasctl::services {

struct Url {
  bool secure = false;  // https
  std::string host;     // without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string path = "/";  // with the query, ready for a request line

  // What the Host header holds: the port only when it isn't the scheme's own.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] std::string text() const;
  // This address with `suffix` behind its path: http://jaeger:4318 and /v1/traces.
  [[nodiscard]] Url with_path(std::string_view suffix) const;
};

// The error says what is wrong with the text, ready to follow "VARIABLE: ".
[[nodiscard]] std::expected<Url, std::string> parse_url(std::string_view text);

}  // namespace saasctl::services
