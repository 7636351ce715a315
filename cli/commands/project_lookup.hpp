// The caller's variables as the project sees them.
#pragma once

#include "commands/session.hpp"

namespace saasctl::commands {

// Those of the process over those of .env and --env-file; those of the process alone for a project that was not read
// from a file. Both arguments must outlive the result.
yaml::Environment project_lookup(const Session& session, const project::Project& project);

}  // namespace saasctl::commands
