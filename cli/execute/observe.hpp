// Looks at the engine once.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/client.hpp"
#include "engine/containers.hpp"
#include "plan/observed_state.hpp"
#include "project/project.hpp"

namespace saasctl::execute {

// Containers, networks, volumes and images of the project: a handful of calls, and one for each image.
Result<plan::ObservedState> observe(const engine::Client& client, const project::Project& project,
                                    std::stop_token stop);

// The containers of a project, stopped ones too, as far as the engine's list tells of them.
Result<std::vector<plan::ObservedContainer>> list_observed(const engine::Client& client, const std::string& project,
                                                           std::stop_token stop);

// What a row of that list tells.
plan::ObservedContainer observed_container(const engine::ContainerSummary& container);

}  // namespace saasctl::execute
