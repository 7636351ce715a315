// The figures as a page of documentation, in Markdown.
#pragma once

#include <string>
#include <vector>

#include "contest.hpp"

namespace saasctl::bench {

// What the figures were measured on and with.
std::string conditions(const engine::Client& client, const Tools& tools);

std::string table(const std::vector<Row>& rows);

}  // namespace saasctl::bench
