#include "yaml/plain_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "util/text.hpp"

namespace saasctl::yaml {
namespace {

struct Digits {
  std::string_view text;
  int base;
};

// The base as Go's strconv.ParseInt finds it; a leading 0 alone is octal.
Digits digits_of(std::string_view text) {
  if (text.size() > 2 && text[0] == '0') {
    const char letter = text[1] | 0x20;
    if (letter == 'x') return {text.substr(2), 16};
    if (letter == 'o') return {text.substr(2), 8};
    if (letter == 'b') return {text.substr(2), 2};
  }
  if (text.size() > 1 && text[0] == '0') return {text.substr(1), 8};
  return {text, 10};
}

std::optional<std::string> as_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto [digits, base] = digits_of(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (negative && value > std::uint64_t{1} << 63) return std::nullopt;
  return (negative && value > 0 ? "-" : "") + std::to_string(value);
}

// digits[.digits][e[sign]digits], with at least one digit before the exponent.
bool is_float(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto skip = [&] {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end;
  };
  auto count = skip();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const auto fraction = skip();
    if (count == 0 && fraction == 0) return false;
    count += fraction;
  }
  if (count == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return skip() > 0 && text.empty();
}

// The shortest text that reads back as the same number, with an exponent from 1e21 on and below 1e-4.
std::optional<std::string> as_float(std::string_view text) {
  if (!is_float(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  const double size = std::abs(value);
  const auto format =
      size != 0 && (size < 1e-4 || size >= 1e21) ? std::chars_format::scientific : std::chars_format::fixed;
  std::array<char, 64> out;
  const auto written = std::to_chars(out.data(), out.data() + out.size(), value, format);
  return written.ec == std::errc{} ? std::optional(std::string(out.data(), written.ptr)) : std::nullopt;
}

}  // namespace

std::string plain_text(const Node& node) {
  if (node.kind != Kind::scalar || !node.plain) return node.text;
  const auto kind = describe(node);
  if (kind == "true or false") return to_lower(node.text);
  if (node.text.empty() || std::string_view("+-.0123456789").find(node.text[0]) == std::string_view::npos)
    return node.text;
  auto text = node.text;
  std::erase(text, '_');
  if (auto integer = as_integer(text)) return *integer;
  return as_float(text).value_or(node.text);
}

}  // namespace saasctl::yaml
