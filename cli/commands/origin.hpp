// Two folders may give their projects the same name. Their containers are not mixed up by accident.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "commands/running_project.hpp"
#include "commands/session.hpp"
#include "plan/observed_state.hpp"

namespace saasctl::commands {

// The option of every command that changes containers.
void add_take_over_option(CLI::App& verb, bool& take_over);

// Whether these containers come from this project's folder or one of its files. Those of a folder that does not exist
// here any more are taken over with a message: it was moved or removed. Error usage: they come from another existing
// folder, and `take_over` is false. Containers without these labels belong to the project.
Result<void> check_origin(const Session& session, const project::Project& project,
                          const std::vector<plan::ObservedContainer>& containers, bool take_over);

// The same for the stack file in reach of a running project, also when its services come from labels. Without a stack
// file the project's name alone was the user's choice, so that all containers of this name are meant.
Result<void> check_origin(const Session& session, const RunningProject& running,
                          const std::vector<plan::ObservedContainer>& containers, bool take_over);

// open_running_project(), for a command that changes containers. Errors: also those of check_origin().
Result<RunningProject> see_to_change(const Session& session, const std::vector<std::string>& services, bool take_over);

}  // namespace saasctl::commands
