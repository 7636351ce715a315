// Looks at the engine once.
#pragma once

#include <stop_token>

#include "engine/client.hpp"
#include "plan/observed.hpp"
#include "project/project.hpp"

namespace saasctl::execute {

// Containers, networks, volumes and images of the project: a handful of calls, and one for each image.
Result<plan::Observed> observe(const engine::Client& client, const project::Project& project, std::stop_token stop);

}  // namespace saasctl::execute
