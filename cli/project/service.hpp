// Resolving one service of the stack.
#pragma once

#include <stop_token>

#include "project/project.hpp"

namespace saasctl::project {

// Turns services as written into services as run. Wrong values go to `diagnostics`. The references must outlive it.
struct ServiceResolver {
  const Project& project;  // name, folder, networks, secrets and configs are settled already
  declare::Mode mode;
  const yaml::Environment& environment;
  yaml::Diagnostics& diagnostics;
  std::stop_token stop = {};  // ends the wait for a pipe
  bool reads_files = true;    // env_file, label_file and security profiles; false: as if the service named none

  Service resolve(const declare::Named<stack::Service>& entry) const;
};

// Fills in model and hash of every service; reads the secrets and configs that exist for their digests.
void settle_models(Project& project, const yaml::Environment& environment);

// The content of a secret or config: the file's bytes or the variable's value. not_found: it is not there, with what to
// do in the hint. A pipe is refused: contents are read more than once.
Result<std::string> read_content(const Content& content, const yaml::Environment& environment);

}  // namespace saasctl::project
