// The user's commands around a container's life.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.hpp"

namespace saasctl::plan {

// The hooks of the service under `when` (post_start or pre_stop), in their order, for that container.
// Source: Compose specification, 05-services.md ("post_start", "pre_stop").
std::vector<RunHook> hooks_of(const project::Service& service, std::string_view when, const std::string& container);

}  // namespace saasctl::plan
