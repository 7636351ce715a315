// A service's storage as members of the Engine's HostConfig.
#pragma once

#include <vector>

#include "plan/container_body.hpp"

namespace saasctl::plan {

// Mounts, Binds, Tmpfs and VolumesFrom.
// Source: Docker Engine API 1.41, ContainerCreate, HostConfig; a volume's Subpath: API 1.45, an image's mount: 1.48.
void add_mounts(const project::Project& project, const project::Service& service,
                const std::vector<SecretVolume>& secrets, project::Json& host);

}  // namespace saasctl::plan
