// The stack's files for commands that act on what is there: containers that exist have their variables.
#pragma once

#include "project/load.hpp"

namespace saasctl::project {

// As load(), but env_file, label_file and security profiles are not read: they may be missing, and the environments,
// labels and models of the services are without them.
Result<Loaded> load_existing(const Inputs& inputs);

}  // namespace saasctl::project
