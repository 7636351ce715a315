// Networks and volumes as the Engine's create objects.
#pragma once

#include "project/project.hpp"

namespace saasctl::plan {

// Source: Docker Engine API 1.41, POST /networks/create.
project::Json network_body(const project::Project& project, const project::Network& network);

// Source: Docker Engine API 1.41, POST /volumes/create.
project::Json volume_body(const project::Project& project, const project::Volume& volume);

}  // namespace saasctl::plan
