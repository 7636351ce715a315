// The order in which services can start.
#pragma once

#include <string_view>
#include <vector>

#include "project/project.hpp"

namespace saasctl::project {

// Dependencies before their dependants; services that do not depend on each other stay as written. The dependencies
// must have no cycle (the reader refuses them).
std::vector<Service> dependencies_first(std::vector<Service> services);

// Error usage: one of `names` is not among `known`; says the nearest one. `where` names the list: "stack.yaml".
Result<void> check_names(const std::vector<std::string>& names, const std::vector<std::string>& known,
                         std::string_view where);

// `names` with everything they depend on, directly or not; all services when `names` is empty.
// Error usage: an unknown service, with the nearest name.
Result<std::vector<std::string>> with_dependencies(const Project& project, const std::vector<std::string>& names);

// Those of `names` whose output `up` shows while it stays: all but services with attach: false.
std::vector<std::string> attached_services(const Project& project, const std::vector<std::string>& names);

// Whether others start when it has ended well.
bool is_awaited_job(const Project& project, std::string_view service);

}  // namespace saasctl::project
