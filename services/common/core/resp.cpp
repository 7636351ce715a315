#include "common/core/resp.hpp"

#include <charconv>

namespace saasctl::services::resp {

namespace {

constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::int64_t kLargestBulk = 1024 * 1024;  // nothing stored by these services comes near it

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void encode(std::string& out, const Command& command) {
  out += "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& argument : command) {
    out += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
}

std::expected<std::optional<Reply>, std::string> Reader::next() {
  const std::size_t end = buffer_.find("\r\n");
  if (end == std::string::npos) {
    if (buffer_.size() > kLongestLine) return std::unexpected("a reply's first line is too long");
    return std::nullopt;
  }
  if (end == 0) return std::unexpected("an empty line where a reply was expected");
  const char type = buffer_.front();
  const std::string line = buffer_.substr(1, end - 1);
  if (type == '$' || type == ':') {
    const auto number = parse_integer(line);
    if (!number) return std::unexpected("'" + line + "' where a number was expected");
    if (type == '$') return bulk(*number, end + 2);
    buffer_.erase(0, end + 2);
    return Reply(*number);
  }
  if (type != '+' && type != '-') return std::unexpected(std::string("a reply of unknown type '") + type + "'");
  buffer_.erase(0, end + 2);
  if (type == '-') return Reply(ServerError{line});
  return Reply(line);
}

std::expected<std::optional<Reply>, std::string> Reader::bulk(std::int64_t size, std::size_t body) {
  if (size == -1) {
    buffer_.erase(0, body);
    return Reply(std::monostate{});
  }
  if (size < 0 || size > kLargestBulk) return std::unexpected("a bulk reply of " + std::to_string(size) + " bytes");
  const auto length = static_cast<std::size_t>(size);
  if (buffer_.size() < body + length + 2) return std::nullopt;
  if (buffer_.compare(body + length, 2, "\r\n") != 0) return std::unexpected("a bulk reply without its line end");
  Reply reply(buffer_.substr(body, length));
  buffer_.erase(0, body + length + 2);
  return reply;
}

}  // namespace saasctl::services::resp
