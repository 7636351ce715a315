// JSON that somebody else wrote: answers of services, of tools and of the engine, files of other programs.
// Source: RFC 8259; its section 9 allows limits on depth.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "util/result.hpp"

namespace saasctl {

struct JsonLimits {
  // Lists and objects inside one another. Whoever copies, compares or prints a value recurses once a level.
  std::size_t depth = 200;
};

// The value of the whole text, in linear time. Of two members with one name the last counts. Errors (failed) complete
// the sentence "not JSON: …": "nested too deeply: more than 200 levels", "syntax error at line 3, column 5", "empty";
// they quote nothing of the text, which may hold secrets.
Result<nlohmann::json> parse_json(std::string_view text, JsonLimits limits = {});

// The same with the members in the order of the text.
Result<nlohmann::ordered_json> parse_ordered_json(std::string_view text, JsonLimits limits = {});

}  // namespace saasctl
