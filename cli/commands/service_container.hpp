// The container that a verb such as exec or cp means.
#pragma once

#include <string>
#include <vector>

#include "commands/running_project.hpp"

namespace saasctl::commands {

// The service's containers, one-off ones left out, by their number; stopped ones too. Errors: usage (the file has no
// such service, with the nearest name), those of list_containers.
Result<std::vector<engine::ContainerSummary>> service_containers(const Session& session, const engine::Client& client,
                                                                 const project::Project& project,
                                                                 const std::string& service);

// Number `index` of the service's containers, or the first for 0. Error not_found: there is none.
Result<engine::ContainerSummary> service_container(const RunningProject& running, const std::string& service,
                                                   unsigned index);

}  // namespace saasctl::commands
