// What `up` does when it is to stay: the logs until a container ends, then the end of all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/session.hpp"
#include "engine/time.hpp"

namespace saasctl::commands {

struct AttachedOptions {
  std::vector<std::string> services;     // with what they depend on; empty: all
  std::string exit_code_from;            // empty: the container that ends first
  std::optional<unsigned> stop_timeout;  // seconds
  engine::Timestamp since;               // lines of the logs before that are not shown
};

// Prints what the containers write until one of them ends, stops them all and gives the exit code of the service's
// container. That a job ends well which others wait for is the end of nothing but the job. An interruption stops them,
// too.
int up_attached(const Session& session, const AttachedOptions& options);

}  // namespace saasctl::commands
