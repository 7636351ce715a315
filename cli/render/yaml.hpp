// YAML text for a reader: block style, short lists on one line, quotes only where a plain scalar would change its type.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace saasctl::render {

// The value as YAML, every line ending in '\n'. An object or list begins on the first line at column 1.
std::string to_yaml(const nlohmann::ordered_json& value);

// A string as a YAML scalar, quoted when it has to be. Source: YAML 1.2.2, sections 7.3 and 10.3; also quoted is what
// YAML 1.1 readers take for booleans, numbers or dates.
std::string yaml_scalar(const std::string& text);

}  // namespace saasctl::render
