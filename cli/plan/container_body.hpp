// A service as the Engine's ContainerCreate object.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plan/observed_state.hpp"
#include "project/project.hpp"

namespace saasctl::plan {

// Volumes that hold the secrets of a service: one for each folder that secrets appear in. Another content is another
// volume, so that a running container never sees half of a change.
struct SecretVolume {
  std::string name;
  std::string folder;
  std::vector<project::Grant> files;
  std::string digest = {};  // SALT:HMAC of what it holds, for its label
  bool filled = false;      // it exists and a container mounts it: it is complete
};

// The observed volumes whose digest is that of the content, or else new ones: their names say nothing about the
// content.
std::vector<SecretVolume> secret_volumes(const project::Project& project, const project::Service& service,
                                         const ObservedImage& image, const ObservedState& observed);

// The configs and secrets that are put into the container's own files between its creation and its start, with owner
// and mode.
std::vector<project::Grant> copied_files(const project::Service& service, const ObservedImage& image);

struct ContainerBody {
  project::Json body;
  std::vector<std::pair<std::string, project::Json>> connect;  // networks after the first
};

// `salt` is that of the container's record: 128 random bits as hex digits.
// Source: Docker Engine API 1.41, POST /containers/create.
ContainerBody container_body(const project::Project& project, const project::Service& service,
                             const std::vector<SecretVolume>& secrets, const std::string& salt);

}  // namespace saasctl::plan
