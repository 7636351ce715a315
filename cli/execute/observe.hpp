// Looks at the engine once.
#pragma once

#include <stop_token>

#include "engine/client.hpp"
#include "engine/containers.hpp"
#include "plan/observed.hpp"
#include "project/project.hpp"

namespace saasctl::execute {

// Containers, networks, volumes and images of the project: a handful of calls, and one for each image.
Result<plan::Observed> observe(const engine::Client& client, const project::Project& project, std::stop_token stop);

// What a row of the engine's list tells.
plan::ObservedContainer observed_container(const engine::ContainerSummary& container);

}  // namespace saasctl::execute
