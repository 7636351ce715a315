// Whether a container that another tool made (docker compose, docker run with Compose's labels) is what we would make.
#pragma once

#include <vector>

#include "plan/cause.hpp"
#include "plan/instances.hpp"
#include "plan/observed.hpp"
#include "project/project.hpp"

namespace saasctl::plan {

// What tells the container from the one that we would create for `instance`, by the stack file's keys; nothing when it
// can be adopted as it is. Compared are the fields that our own request would set, and those that it would leave at the
// engine's or the image's default. `container` must carry what the engine says of it (inspected); one that does not
// gives one change that says so.
// Source: Docker Engine API 1.41, ContainerCreate and ContainerInspect.
std::vector<Change> differences(const project::Project& project, const Instance& instance,
                                const ObservedContainer& container, const Observed& observed);

}  // namespace saasctl::plan
