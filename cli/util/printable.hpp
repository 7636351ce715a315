// Text that somebody else wrote, made fit for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace saasctl {

// The text without anything that a terminal obeys: control characters other than line feed and tab (C0, DEL, C1 in
// UTF-8) and bytes that are not UTF-8 are shown as \r, \xHH or \u00HH. Source: ECMA-48, sections 5.2 and 5.3.
std::string printable(std::string_view text);

// The same as one line: a line feed is shown as \n, a tab as a space.
std::string printable_line(std::string_view text);

// The same where every line after the first is indented by so many spaces, so that none of them can pass for a line of
// ours. Line breaks at the end and the CR of CR LF are left out.
std::string printable_block(std::string_view text, std::size_t indent);

}  // namespace saasctl
