// Networks and volumes that are there and are not what the file says. They are used as they are: to make one anew,
// every container would have to go, and a volume's data with it.
#pragma once

#include <string>
#include <vector>

#include "plan/observed.hpp"
#include "project/project.hpp"

namespace saasctl::plan {

// A sentence for each, with the keys that differ and what makes it anew. Only what the file says is compared.
std::vector<std::string> divergences(const project::Project& project, const Observed& observed);

}  // namespace saasctl::plan
