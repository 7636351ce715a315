#include "commands/running_project.hpp"

#include <algorithm>
#include <tuple>

#include "commands/connecting.hpp"
#include "engine/volumes.hpp"
#include "execute/observe.hpp"
#include "plan/labels.hpp"
#include "project/order.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

std::optional<std::string> named_project(const Session& session) {
  if (session.options.project_name) return session.options.project_name;
  const auto found = session.environment.find("COMPOSE_PROJECT_NAME");
  if (found == session.environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<std::vector<engine::ContainerSummary>> list(const Session& session, const engine::Client& client,
                                                   const std::string& project) {
  return engine::list_containers(client, {std::string(plan::label::project) + "=" + project}, session.stop);
}

void sort(std::vector<engine::ContainerSummary>& containers, const project::Project& project) {
  const auto key = [&](const engine::ContainerSummary& container) {
    const auto service = service_of(container);
    const auto place = std::ranges::find(project.services, service, &project::Service::name);
    return std::tuple(place - project.services.begin(), service, is_one_off(container), number_of(container),
                      container.name);
  };
  std::ranges::sort(containers, {}, key);
}

// Its networks are told by their label wherever they matter, its volumes are asked for here.
Result<project::Project> of_labels(const Session& session, const engine::Client& client, const std::string& name,
                                   const std::vector<engine::ContainerSummary>& containers) {
  std::vector<plan::LabelledContainer> labelled;
  for (const auto& container : containers) {
    if (!is_one_off(container))
      labelled.push_back({service_of(container), container.image, label_of(container, plan::label::depends_on)});
  }
  auto project = plan::project_of_labels(name, labelled);
  const auto volumes = engine::list_volumes(client, {std::string(plan::label::project) + "=" + name}, session.stop);
  if (!volumes) return std::unexpected(volumes.error());
  for (const auto& volume : *volumes) {
    if (volume.labels.contains(std::string(plan::label::secrets))) continue;  // found by that label, whatever is asked
    const auto key = volume.labels.find(std::string(plan::label::volume));
    project.volumes.push_back({key == volume.labels.end() ? volume.name : key->second, volume.name, false, {}});
  }
  return project;
}

Result<RunningProject> project_of_labels(const Session& session, engine::Client client, const std::string& name,
                                         std::vector<engine::ContainerSummary> containers) {
  auto project = of_labels(session, client, name, containers);
  if (!project) return std::unexpected(project.error());
  return RunningProject{std::move(client), std::move(*project), true, std::move(containers)};
}

Result<RunningProject> see_labels(const Session& session, const std::string& name) {
  auto client = connect_engine(session);
  if (!client) return std::unexpected(client.error());
  auto containers = list(session, *client, name);
  if (!containers) return std::unexpected(containers.error());
  return project_of_labels(session, std::move(*client), name, std::move(*containers));
}

// -p may name another project than that of the file which happens to lie here.
bool made_from_another_file(const project::Project& project, const std::vector<engine::ContainerSummary>& containers) {
  const auto of_this = [&](const engine::ContainerSummary& container) {
    const auto files = split(label_of(container, plan::label::config_files), ',');
    return std::ranges::find(files, project.file.string()) != files.end();
  };
  return !containers.empty() && std::ranges::none_of(containers, of_this);
}

Result<RunningProject> see_file(const Session& session, bool file_is_named) {
  Connecting engine(session);
  auto project = load_whole_project(session);
  if (!project) return std::unexpected(project.error());
  auto client = engine.finish();
  if (!client) return std::unexpected(client.error());
  auto containers = list(session, *client, project->name);
  if (!containers) return std::unexpected(containers.error());
  StackFilesInReach in_reach{project->folder, project->files};
  if (!file_is_named && named_project(session) && made_from_another_file(*project, *containers)) {
    auto running = project_of_labels(session, std::move(*client), project->name, std::move(*containers));
    if (running) running->in_reach = std::move(in_reach);
    return running;
  }
  return RunningProject{std::move(*client), std::move(*project), false, std::move(*containers), std::move(in_reach)};
}

}  // namespace

Result<RunningProject> open_running_project(const Session& session, const std::vector<std::string>& services) {
  const auto name = named_project(session);
  const bool file_is_named = !session.options.files.empty() || session.environment.contains("COMPOSE_FILE");
  auto running =
      name && !project::has_file(inputs_of(session)) ? see_labels(session, *name) : see_file(session, file_is_named);
  if (!running) return running;
  sort(running->containers, running->project);
  std::vector<std::string> known;
  for (const auto& service : running->project.services) known.push_back(service.name);
  for (const auto& container : running->containers) {
    const auto service = service_of(container);
    if (!service.empty() && std::ranges::find(known, service) == known.end()) known.push_back(service);
  }
  const auto where =
      running->from_labels ? "project " + running->project.name : running->project.file.filename().string();
  if (auto checked = project::check_names(services, known, where); !checked) return std::unexpected(checked.error());
  return running;
}

Result<void> refresh(const Session& session, RunningProject& running) {
  auto containers = list(session, running.client, running.project.name);
  if (!containers) return std::unexpected(containers.error());
  running.containers = std::move(*containers);
  sort(running.containers, running.project);
  return {};
}

std::string label_of(const engine::ContainerSummary& container, std::string_view key) {
  const auto found = container.labels.find(std::string(key));
  return found == container.labels.end() ? "" : found->second;
}

std::string service_of(const engine::ContainerSummary& container) {
  return label_of(container, plan::label::service);
}

bool is_one_off(const engine::ContainerSummary& container) {
  return label_of(container, plan::label::one_off) == "True" || !label_of(container, plan::label::hook).empty();
}

int number_of(const engine::ContainerSummary& container) {
  return static_cast<int>(parse_integer(label_of(container, plan::label::container_number)).value_or(1));
}

std::vector<std::string> volumes_of(const engine::ContainerSummary& container) {
  std::vector<std::string> names;
  for (const auto& mount : container.mounts) {
    if (mount.type == "volume") names.push_back(mount.name);
  }
  return names;
}

bool is_up(const engine::ContainerSummary& container) {
  return container.state == "running" || container.state == "paused" || container.state == "restarting";
}

std::vector<engine::ContainerSummary> containers_of(const RunningProject& running,
                                                    const std::vector<std::string>& services) {
  std::vector<engine::ContainerSummary> out;
  for (const auto& container : running.containers) {
    const bool named = services.empty() || std::ranges::find(services, service_of(container)) != services.end();
    if (named && !is_one_off(container)) out.push_back(container);
  }
  return out;
}

std::vector<plan::ObservedContainer> observed_containers(const RunningProject& running) {
  std::vector<plan::ObservedContainer> out;
  for (const auto& container : running.containers) out.push_back(execute::observed_container(container));
  return out;
}

}  // namespace saasctl::commands
