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

// `before` is the label that records the model; an unreadable one gives a cause that says so. `inspected` is the
// container as the engine describes it in full, or null: with it the cause also shows harmless values that the record
// holds only as digests.
Cause cause_of_change(const std::string& before, const project::Json& now, const project::Json* inspected = nullptr);

// Whether the value at this path is nothing for a log or a label: a variable or label that is called like a password,
// an address with a password in it, words of a command that come with one, the digest of a content.
bool may_be_secret(const std::string& path, const project::Json& value);

// Every difference below `path`. What may be a password (a variable called so, an address with one) is hidden.
void compare(const std::string& path, const project::Json& before, const project::Json& now,
             std::vector<Change>& changes);

// At most four changes by name, then "3 more".
std::string to_text(const std::vector<Change>& changes);

}  // namespace saasctl::plan
