// Columns for people.
#pragma once

#include <string>
#include <vector>

namespace saasctl::terminal {

// Rows under a head, each cell one printable line, two spaces between columns, none at line ends. UTF-8: one column
// each.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

}  // namespace saasctl::terminal
