// The running stack that a verb works on: what the stack file says of it, or, with -p alone, what its containers do.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/session.hpp"
#include "engine/containers.hpp"
#include "plan/lifecycle.hpp"
#include "plan/observed_state.hpp"

namespace saasctl::commands {

// The stack files that a command finds in its folder or is given.
struct StackFilesInReach {
  std::filesystem::path folder;              // of the project
  std::vector<std::filesystem::path> files;  // "-": standard input
};

struct RunningProject {
  engine::Client client;
  project::Project project;
  bool from_labels = false;  // there is no stack file, or that of another project
  // The project's containers, stopped and one-off ones too; services in their order, then by number.
  std::vector<engine::ContainerSummary> containers;
  std::optional<StackFilesInReach> in_reach = std::nullopt;
};

// Reads the stack file with all its profiles, or, when there is none or the project named by -p or COMPOSE_PROJECT_NAME
// was made from another one, the labels of the containers, and lists the containers. Errors: those of load_project and
// connect_engine; usage for a service that neither the file nor a container has, with the nearest name.
Result<RunningProject> open_running_project(const Session& session, const std::vector<std::string>& services = {});

// Lists the containers again.
Result<void> refresh(const Session& session, RunningProject& running);

// A label's value; "" when the container does not have it.
std::string label_of(const engine::ContainerSummary& container, std::string_view key);
std::string service_of(const engine::ContainerSummary& container);
bool is_one_off(const engine::ContainerSummary& container);
int number_of(const engine::ContainerSummary& container);
// Names of the volumes it mounts, anonymous ones too.
std::vector<std::string> volumes_of(const engine::ContainerSummary& container);
// Running, or paused, or between two runs.
bool is_up(const engine::ContainerSummary& container);

// Those of the named services, of all when none is named; one-off ones are left out.
std::vector<engine::ContainerSummary> containers_of(const RunningProject& running,
                                                    const std::vector<std::string>& services);

std::vector<plan::ObservedContainer> observed_containers(const RunningProject& running);

}  // namespace saasctl::commands
