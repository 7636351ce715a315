// How deep JSON of others may be nested. Copying, printing and comparing a document recurse, so depth costs stack.
// Source: RFC 8259, section 9: "An implementation may set limits on the maximum depth of nesting."
#pragma once

#include <cstddef>
#include <string_view>

namespace saasctl {

inline constexpr std::size_t most_json_depth = 200;

// True when arrays and objects of `text` are nested more than `most` levels deep. Looks at brackets outside of strings
// only; for text that is not JSON it says what holds up to the first fault.
constexpr bool is_nested_deeper(std::string_view text, std::size_t most = most_json_depth) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > most) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace saasctl
