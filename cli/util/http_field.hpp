// The one rule for what may be put into a header of a request.
// Source: RFC 9110, section 5.5.
#pragma once

#include <string_view>

namespace saasctl::http {

// Whether a text can be the value of a header: CR, LF and NUL would end it.
constexpr bool is_field_value(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace saasctl::http
