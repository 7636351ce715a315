// Values that are regular expressions.
#pragma once

#include <string>

#include "declare/declare.hpp"

namespace saasctl::declare {

// True when the text, which is the value of `node`, compiles. Otherwise the error says why, and points at the part that
// is wrong where that part can be found in the file.
bool check_regex(const Node& node, const std::string& text, Reader& reader);

// Any scalar that compiles and is not empty; in verbatim mode also one that hangs on a variable.
Codec<std::string> plain_regex();

}  // namespace saasctl::declare
