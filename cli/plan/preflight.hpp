// What would fail midway, told before anything is made.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "plan/plan.hpp"

namespace saasctl::plan {

// Whether `up` may ask a registry for the service's image; otherwise it is built, or missing.
bool may_pull(const project::Service& service);

// Whether the `services` of the project can come up with what the engine has. Errors: not_found: an image, an external
// network or an external volume; usage: a wait for the health of a service that has no healthcheck, several containers
// with one name or one port of the host, and those of check_conflicts().
Result<void> preflight(const project::Project& project, const ObservedState& observed, const UpOptions& options,
                       const std::set<std::string, std::less<>>& services);

}  // namespace saasctl::plan
