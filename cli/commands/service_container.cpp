#include "commands/service_container.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/labels.hpp"
#include "project/order.hpp"

namespace saasctl::commands {
namespace {

std::string equals(std::string_view label, std::string_view value) {
  return fmt::format("{}={}", label, value);
}

}  // namespace

Result<std::vector<engine::ContainerSummary>> service_containers(const Session& session, const engine::Client& client,
                                                                 const project::Project& project,
                                                                 const std::string& service) {
  if (const auto known = project::with_dependencies(project, {service}); !known) return std::unexpected(known.error());
  auto containers =
      engine::list_containers(client,
                              {equals(plan::label::project, project.name), equals(plan::label::service, service),
                               equals(plan::label::one_off, "False")},
                              session.stop);
  if (containers) std::ranges::sort(*containers, {}, number_of);
  return containers;
}

Result<engine::ContainerSummary> service_container(const RunningProject& running, const std::string& service,
                                                   unsigned index) {
  auto containers = containers_of(running, {service});
  const auto found = std::ranges::find_if(
      containers, [&](const auto& container) { return index == 0 || number_of(container) == static_cast<int>(index); });
  if (found != containers.end()) return std::move(*found);
  return failure(ErrorKind::not_found,
                 index == 0 ? fmt::format("{} has no container", service)
                            : fmt::format("{} has no container number {}", service, index),
                 fmt::format("saasctl up {} makes it, saasctl ps lists those there are", service));
}

}  // namespace saasctl::commands
