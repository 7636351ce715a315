#include "util/printable.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/text.hpp"

namespace saasctl {
namespace {

bool is_plain(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f) || c == '\n' || c == '\t';
}

std::string escaped(char c) {
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  return fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

// What is well-formed UTF-8, with its control characters escaped.
void append_characters(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool two_bytes = text[i] == '\xc2' && i + 1 < text.size();
    if (two_bytes && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      out += fmt::format("\\u00{:02x}", static_cast<unsigned char>(text[++i]));
    } else if (is_plain(text[i]) || static_cast<unsigned char>(text[i]) >= 0x80) {
      out += text[i];
    } else {
      out += escaped(text[i]);
    }
  }
}

}  // namespace

std::string printable(std::string_view text) {
  if (std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto bad = find_invalid_utf8(text);
    append_characters(text.substr(0, bad.value_or(text.size())), out);
    if (!bad) break;
    out += escaped(text[*bad]);
    text.remove_prefix(*bad + 1);
  }
  return out;
}

std::string printable_line(std::string_view text) {
  const auto safe = printable(text);
  if (safe.find_first_of("\n\t") == std::string::npos) return safe;
  std::string out;
  for (const char c : safe) out += c == '\n' ? "\\n" : c == '\t' ? " " : std::string(1, c);
  return out;
}

std::string printable_block(std::string_view text, std::size_t indent) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  std::string out;
  for (std::size_t from = 0;;) {
    const auto end = text.find('\n', from);
    auto line = text.substr(from, end - from);
    if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    out += printable(line);
    if (end == std::string_view::npos) return out;
    out += '\n';
    out.append(indent, ' ');
    from = end + 1;
  }
}

}  // namespace saasctl
