// JSON pointers. Source: RFC 6901.
#pragma once

#include <string_view>

#include "declare/declare.hpp"

namespace saasctl::declare {

// "" or "/" and reference tokens in which "~" is followed by 0 or 1.
bool is_json_pointer(std::string_view pointer);

// The value a valid pointer names, or nullptr when the document has none there. Not owned.
const Json* find_value(const Json& document, std::string_view pointer);

}  // namespace saasctl::declare
