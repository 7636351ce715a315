// What of a build section the engine's own builder cannot do. It is an error of a service that must be built, and of no
// other: a service whose image exists needs no builder. Pure. Private to this room.
#pragma once

#include "project/project.hpp"
#include "util/result.hpp"

namespace saasctl::build {

// Error usage: every such value at its file, line and column. `service` has a build section. `buildkit`: false for the
// classic builder of Podman, which can do less.
Result<void> check_builder_can(const project::Service& service, bool buildkit);

}  // namespace saasctl::build
