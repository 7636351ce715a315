// Two folders may give their projects the same name. Their containers are not mixed up by accident.
#pragma once

#include <vector>

#include "commands/session.hpp"
#include "plan/observed_state.hpp"

namespace saasctl::commands {

// Whether these containers come from this project's folder or one of its files. Those of a folder that does not exist
// here any more are taken over with a message: it was moved or removed. Error conflict: they come from another existing
// folder, and `take_over` is false. Containers that do not tell are taken for the project's own.
Result<void> check_origin(const Session& session, const project::Project& project,
                          const std::vector<plan::ObservedContainer>& containers, bool take_over);

}  // namespace saasctl::commands
