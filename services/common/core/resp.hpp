// Redis's wire format, RESP2 (redis.io, "Redis serialization protocol specification"), as far as commands and their
// flat replies need it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace saasctl::services::resp {

using Command = std::vector<std::string>;

struct ServerError {
  std::string message;  // "WRONGTYPE Operation against…"
};

// A simple or bulk string, an integer, a null bulk string, or the server's refusal.
using Reply = std::variant<std::string, std::int64_t, std::monostate, ServerError>;

// Appends the command as an array of bulk strings.
void encode(std::string& out, const Command& command);

class Reader {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }

  // nullopt: more bytes are needed. The error, in words, means the stream can't be read any further.
  [[nodiscard]] std::expected<std::optional<Reply>, std::string> next();

 private:
  std::expected<std::optional<Reply>, std::string> bulk(std::int64_t size, std::size_t body);

  std::string buffer_;
};

}  // namespace saasctl::services::resp
