// Why a container is made anew, told from the two models.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.hpp"

namespace saasctl::plan {

// One difference between what there is and what there should be.
struct Change {
  std::string path;                   // as the stack file has it: "deploy.resources.limits.memory"
  std::optional<std::string> before;  // absent: it was not there
  std::optional<std::string> after;   // absent: it is no more
  bool hidden = false;                // the values may be a password or say nothing: they are empty then

  bool operator==(const Change&) const = default;
};

struct Cause {
  std::string text;                  // one line: "new", "deploy.resources.limits.memory 128M → 256M, user added"
  std::vector<Change> changes = {};  // what the text names, whole
};

// `before` is the recorded model as text; anything that cannot be read gives a cause that says so.
Cause cause_of_change(const std::string& before, const project::Json& now);

// Every difference below `path`. What may be a password (a variable called so, an address with one) is hidden.
void compare(const std::string& path, const project::Json& before, const project::Json& now,
             std::vector<Change>& changes);

// At most four changes by name, then "3 more".
std::string to_text(const std::vector<Change>& changes);

}  // namespace saasctl::plan
