// Whether the secrets and configs of services can be read, which is checked before anything is changed.
#pragma once

#include <string>
#include <vector>

#include "project/project.hpp"
#include "util/result.hpp"

namespace saasctl::project {

// Reads each secret of these services, and each config that is copied; a config that is mounted is a file of the
// engine's host. Errors: failed; all missing files of secrets are named at once.
Result<void> check_contents(const Project& project, const std::vector<std::string>& services,
                            const yaml::Environment& environment);

}  // namespace saasctl::project
