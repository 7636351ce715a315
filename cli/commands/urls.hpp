// Where the running services are reached.
#pragma once

#include "commands/session.hpp"
#include "plan/observed_state.hpp"

namespace saasctl::commands {

// Prints one line for each published port of `services`, of all when none is named, to stdout, in the order of services
// and ports: "auth-service  http://127.0.0.1:3001  3000/tcp". One-off containers are left out.
void print_urls(const Session& session, const engine::Endpoint& endpoint, const project::Project& project,
                const std::vector<std::string>& services, const std::vector<plan::ObservedContainer>& containers);

}  // namespace saasctl::commands
