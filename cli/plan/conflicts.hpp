// What keeps services from being started together, as far as their files tell. A file may hold alternatives, such as
// two services on one host port: commands that start none of them do not ask.
#pragma once

#include <set>
#include <string>

#include "plan/plan.hpp"

namespace saasctl::plan {

// Whether the `services` of the project (with their dependencies) can be started together: host ports, names of
// containers, and keys that the engine refuses beside each other. Error usage: every conflict, at each of its lines.
Result<void> check_conflicts(const project::Project& project, const UpOptions& options,
                             const std::set<std::string, std::less<>>& services);

}  // namespace saasctl::plan
