// Unquoted numbers where a text is expected.
#pragma once

#include <string>

#include "yaml/node.hpp"

namespace saasctl::yaml {

// The text of a scalar as Compose hands it over in a map of texts (environment, labels, build arguments): it reads an
// unquoted true or number as what it is in YAML and writes that anew, so that 1.50 becomes 1.5, 0x1F 31 and True true.
// Anything else, and what stands in quotes, stays as it is; so do dates, which Compose writes as Go prints a time.
// Source: yaml.v3, resolve.go; Go, package fmt, verb %v.
std::string plain_text(const Node& node);

}  // namespace saasctl::yaml
