// Who holds the host port that keeps a container from starting.
#pragma once

#include <stop_token>
#include <string>

#include "engine/client.hpp"
#include "util/result.hpp"

namespace saasctl::execute {

// The engine's error about a host port that is taken, as a conflict that names the container of this engine which holds
// the port, its service and its project, when there is one. Any other error comes back as it is. `container`: the id of
// the one that cannot start; `project`: the one it belongs to.
Error port_taken(const engine::Client& client, Error error, const std::string& container, const std::string& project,
                 const std::stop_token& stop);

}  // namespace saasctl::execute
