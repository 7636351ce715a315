#include "common/core/url.hpp"

#include <charconv>
#include <optional>

namespace saasctl::services {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const bool usual = port == (secure ? 443 : 80);
  return usual ? name : name + ":" + std::to_string(port);
}

std::string Url::text() const {
  return (secure ? "https://" : "http://") + authority() + path;
}

Url Url::with_path(std::string_view suffix) const {
  Url url = *this;
  if (url.path.ends_with('/')) url.path.pop_back();
  url.path += suffix;
  return url;
}

std::expected<Url, std::string> parse_url(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return std::unexpected("'" + std::string(text) + "' " + std::string(why) + ", expected http://host:port/path");
  };
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.secure = true;
    url.port = 443;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong("does not start with http:// or https://");
  }
  const std::size_t path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  if (path != std::string_view::npos) url.path = (rest[path] == '?' ? "/" : "") + std::string(rest.substr(path));
  if (authority.find('@') != std::string_view::npos) return wrong("holds a user name or a password");
  const bool bracketed = authority.starts_with('[');
  const std::size_t host_end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && host_end == std::string_view::npos) return wrong("has an unclosed bracket");
  url.host = authority.substr(bracketed ? 1 : 0, bracketed ? host_end - 1 : host_end);
  if (url.host.empty()) return wrong("names no host");
  const std::string_view behind =
      host_end == std::string_view::npos ? std::string_view() : authority.substr(host_end + (bracketed ? 1 : 0));
  if (behind.empty()) return url;
  const auto port = behind.starts_with(':') ? parse_port(behind.substr(1)) : std::nullopt;
  if (!port) return wrong("has no valid port (1 to 65535) behind the colon");
  url.port = *port;
  return url;
}

}  // namespace saasctl::services
