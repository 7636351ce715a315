// Where the running services are reached.
#pragma once

#include "commands/session.hpp"

namespace saasctl::commands {

// Prints one line for each published port to stdout: "auth-service  http://127.0.0.1:3001". Gives the exit code.
int print_urls(const Session& session, const engine::Client& client, const project::Project& project);

}  // namespace saasctl::commands
