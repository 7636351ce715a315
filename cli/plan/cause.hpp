// Why a container is made anew, told from the two models.
#pragma once

#include <string>

#include "project/project.hpp"

namespace saasctl::plan {

// "deploy.resources.limits.memory 128M → 256M, user added", on one line; at most four differences are named. `before`
// is the recorded model as text; anything that cannot be read gives a cause that says so. What may be a password (a
// variable called so, an address with one) is named without its values.
std::string describe_change(const std::string& before, const project::Json& now);

}  // namespace saasctl::plan
