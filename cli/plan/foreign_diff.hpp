// Whether a container that another tool made (docker compose, docker run with Compose's labels) is what we would make.
#pragma once

#include <vector>

#include "plan/model_diff.hpp"
#include "plan/observed_state.hpp"
#include "plan/replicas.hpp"
#include "project/project.hpp"

namespace saasctl::plan {

// What tells the container from the one that we would create for `replica`, by the stack file's keys; nothing when it
// can be adopted as it is. Compared are the fields that our own request would set, and those that it would leave at the
// engine's or the image's default. `container` must carry what the engine says of it (inspected); one that does not
// gives one change that says so.
// Source: Docker Engine API 1.41, ContainerCreate and ContainerInspect.
std::vector<Change> differences(const project::Project& project, const Replica& replica,
                                const ObservedContainer& container, const ObservedState& observed);

}  // namespace saasctl::plan
