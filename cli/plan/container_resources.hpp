// What a container may use of its host, as members of the Engine's HostConfig.
#pragma once

#include "project/project.hpp"

namespace saasctl::plan {

// Processors, memory, disks, devices, restart policy and log driver.
// Source: Docker Engine API 1.41, ContainerCreate, HostConfig; DeviceRequests with driver cdi: API 1.44.
void add_resources(const stack::Service& spec, project::Json& host);

}  // namespace saasctl::plan
