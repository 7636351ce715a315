// A request as a handler sees it and the response it gives back. Plain values: no library's types leak into handlers.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saasctl::services {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method;
  std::string path;   // as sent: percent-encoded, without the query
  std::string query;  // as sent, without the question mark
  std::vector<Header> headers;
  std::string body;
  std::string peer_address;  // numeric

  // The first header of that name in any case; nullopt when absent. The view lives as long as the request.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::string content_type = "application/json";
  std::string body;
};

// Bodies of errors are always {"error":{"code":…,"message":…}}. `code` is for programs and never changes; `message`
// is for people.
[[nodiscard]] Response error_response(int status, std::string_view code, std::string_view message);

// A 429 or 503 that tells the caller when to come back (RFC 9110, section 10.2.3; whole seconds).
[[nodiscard]] Response retry_later(int status, std::string_view code, std::string_view message,
                                   std::chrono::seconds after);

// The token of `Authorization: Bearer …` (RFC 6750, section 2.1); nullopt when the header is absent or another scheme.
[[nodiscard]] std::optional<std::string_view> bearer_token(const Request& request);

[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right);

}  // namespace saasctl::services
