// Text of any length and form as one line of a table or a log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace saasctl::terminal {

// At most `columns` characters of the text, counting one for each UTF-8 sequence.
std::string cut(std::string_view text, std::size_t columns);

// The first line that is not blank, every run of white space in it as one space, at most `columns` characters; "…" is
// the last of them when anything is left out.
std::string one_line(std::string_view text, std::size_t columns);

}  // namespace saasctl::terminal
