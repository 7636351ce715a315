// Carrying a plan out with progress and a failure report, for up, down and verify's recreate.
#pragma once

#include "commands/session.hpp"
#include "execute/execute.hpp"
#include "plan/plan.hpp"
#include "terminal/board.hpp"

namespace saasctl::commands {

// Shows each service's state on `board`. Returns the error that ended the plan, with what the service last said.
std::expected<void, execute::ReadyError> run_plan(const Session& session, const engine::Client& client,
                                                  const project::Project& project, const plan::Plan& plan,
                                                  const execute::ExecuteOptions& options, terminal::Board& board);

// Shows the error, of a service its health log and last lines, and what is left; gives the exit code. One JSON object
// with --progress json.
int report_service_failure(const Session& session, const execute::ReadyError& error);

// Shows how a rollback ended and what is left after it; a JSON object of its own with --progress json.
void show_left(const Session& session, const std::string& outcome, const std::vector<execute::Remnant>& left);

}  // namespace saasctl::commands
