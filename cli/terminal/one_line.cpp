#include "terminal/one_line.hpp"

#include "util/text.hpp"

namespace saasctl::terminal {

std::string cut(std::string_view text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (seen++ == columns) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

std::string one_line(std::string_view text, std::size_t columns) {
  const auto whole = trim(text);
  const auto line = trim(whole.substr(0, whole.find_first_of("\r\n")));
  std::string folded;
  for (const char c : line) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank || !folded.ends_with(' ')) folded += blank ? ' ' : c;
  }
  const auto shown = cut(folded, columns);
  if (shown.size() == folded.size() && line.size() == whole.size()) return folded;
  return cut(folded, columns > 2 ? columns - 2 : 0) + " …";
}

}  // namespace saasctl::terminal
