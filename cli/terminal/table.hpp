// Columns for people.
#pragma once

#include <string>
#include <vector>

namespace saasctl::terminal {

// Rows under a head, two spaces between columns, no space at line ends. UTF-8 sequences count as one column.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

}  // namespace saasctl::terminal
