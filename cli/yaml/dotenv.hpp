// Files of KEY=VALUE lines: .env and env_file.
// Source: Compose specification, 05-services.md, "env_file: format"; the grammar of compose-go's dotenv.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "yaml/diagnostics.hpp"
#include "yaml/interpolate.hpp"

namespace saasctl::yaml {

using Variables = std::map<std::string, std::string, std::less<>>;

// Lines of KEY=VALUE or KEY: VALUE. '…' is literal but for \'; "…" knows \a \b \f \n \r \t \v \" \\ \$ \0ddd and
// variables, and both may span lines; an unquoted value ends at " #" and knows variables. `export ` before a name is
// allowed; a name alone takes its value from `environment`. Variables come from `environment` first and then from
// earlier lines. Wrong lines go to `diagnostics`.
Variables parse_dotenv(const Source& source, const Environment& environment, Diagnostics& diagnostics);

}  // namespace saasctl::yaml
