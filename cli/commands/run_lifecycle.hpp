// The part that stop, start, restart, kill, pause, unpause and rm share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "commands/running_project.hpp"

namespace saasctl::commands {

// The argument SERVICE… of a verb.
void add_services(CLI::App& verb, std::vector<std::string>& services, const std::string& what);

// The option -t of a verb that stops containers.
void add_timeout(CLI::App& verb, std::optional<unsigned>& timeout);

// Carries the plan out with progress, or says `nothing` when there is nothing to do. Gives the exit code.
int run_lifecycle_plan(const Session& session, const RunningProject& running, const std::string& verb,
                       const plan::Plan& plan, const std::string& nothing,
                       std::optional<unsigned> timeout = std::nullopt);

}  // namespace saasctl::commands
