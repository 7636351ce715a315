// Files of KEY=VALUE lines: .env and env_file.
// Source: Compose specification, 05-services.md, "env_file: format"; the grammar of compose-go's dotenv.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "stack/diagnostics.hpp"
#include "stack/interpolate.hpp"

namespace saasctl::stack {

using Variables = std::map<std::string, std::string, std::less<>>;

// '…' is literal, "…" knows \n \r \t \" \\ \$ and variables, an unquoted value ends at " #" and knows variables,
// `export ` before a name is allowed. Variables come from `environment` first and then from earlier lines. Wrong lines
// go to `diagnostics`.
Variables parse_dotenv(const Source& source, const Environment& environment, Diagnostics& diagnostics);

}  // namespace saasctl::stack
