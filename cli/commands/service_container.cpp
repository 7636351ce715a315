#include "commands/service_container.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/labels.hpp"
#include "project/order.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

std::string equals(std::string_view label, std::string_view value) {
  return fmt::format("{}={}", label, value);
}

long long number_of(const engine::ContainerSummary& container) {
  const auto found = container.labels.find(std::string(plan::label::container_number));
  return found == container.labels.end() ? 0 : parse_integer(found->second).value_or(0);
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

Result<engine::ContainerSummary> service_container(const Session& session, const engine::Client& client,
                                                   const project::Project& project, const std::string& service,
                                                   unsigned index) {
  auto containers = service_containers(session, client, project, service);
  if (!containers) return std::unexpected(containers.error());
  const auto found = std::ranges::find_if(
      *containers, [&](const auto& container) { return index == 0 || number_of(container) == index; });
  if (found != containers->end()) return std::move(*found);
  return failure(Fault::not_found,
                 index == 0 ? fmt::format("{} has no container", service)
                            : fmt::format("{} has no container number {}", service, index),
                 fmt::format("saasctl up {} makes it, saasctl ps lists those there are", service));
}

}  // namespace saasctl::commands
