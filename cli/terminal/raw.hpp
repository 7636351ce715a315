// Output that is not filtered: for what programs read, and for text that has passed Terminal::paint() or
// util/printable.hpp already. Text of others – of a container, the engine, a file – goes through Terminal's own
// functions, which show control characters instead of sending them.
#pragma once

#include <string_view>

#include "terminal/terminal.hpp"

namespace saasctl::terminal {

// To stdout as it is: logs, JSON, files. False: it takes no more.
bool write_raw(std::string_view text);

// To stderr with a line break, as it is: JSON, or parts that paint() has made.
void write_raw_message(std::string_view line);

// To stderr with a line break: several lines of our own, each where it is. Control characters are shown.
void write_lines(std::string_view text);

// To stdout: JSON as it is, any other format through terminal.data().
void write_listing(const Terminal& terminal, std::string_view format, std::string_view text);

bool stdout_is_terminal();

}  // namespace saasctl::terminal
