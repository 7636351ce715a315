// A folder of templates/: the files made for each service that uses it and the holes they leave open.
#pragma once

#include <optional>
#include <string>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

struct Hole : Located {
  std::string type = "string";
  std::optional<bool> required;
  std::optional<std::string> default_value;
  std::string doc;
};

struct Template : Located {
  std::string description;
  Map<Hole> holes;
  Map<std::string> files;  // file to write, below services/NAME/ → Mustache file of the template's folder
};

const Record<Template>& template_record();

// Reads templates/NAME/template.yaml. Errors go to `diagnostics`; absent: nothing could be read.
std::optional<Template> read_template(const std::filesystem::path& path, Diagnostics& diagnostics);

// Whether `value` may fill a hole of this type; says what was expected otherwise.
Parsed<std::string> check_hole_value(const Hole& hole, const std::string& value);

}  // namespace saasctl::stack
