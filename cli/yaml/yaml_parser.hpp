// Parsing of files that may be large, ended by a stop token.
#pragma once

#include <stop_token>
#include <vector>

#include "yaml/node.hpp"

namespace saasctl::yaml {

// As parse_documents of node.hpp. Once the token is set, it returns soon and the result is empty, with no diagnostic
// for that: the caller asks the token.
std::vector<NodePtr> parse_documents(const Source& source, Diagnostics& diagnostics, const std::stop_token& stop);

}  // namespace saasctl::yaml
