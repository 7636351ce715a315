#include "plan/preflight.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/bridges.hpp"
#include "plan/conflicts.hpp"
#include "plan/replicas.hpp"

namespace saasctl::plan {
namespace {

// Networks and volumes that somebody else has to make.
Result<void> check_externals(const project::Project& project, const ObservedState& observed,
                             const project::Service& service) {
  for (const auto& use : service.spec.networks) {
    const auto network = std::ranges::find(project.networks, use.name, &project::Network::key);
    if (network != project.networks.end() && network->external && !observed.networks.contains(network->name))
      return failure(ErrorKind::not_found,
                     fmt::format("{}: external network {} does not exist", service.name, network->name),
                     fmt::format("make it (docker network create {}), or remove external: true", network->name));
  }
  for (const auto& mount : service.spec.volumes) {
    const auto volume = std::ranges::find(project.volumes, mount.source.value_or(""), &project::Volume::key);
    if (mount.type != "volume" || volume == project.volumes.end() || !volume->external) continue;
    if (std::ranges::find(observed.volumes, volume->name) == observed.volumes.end())
      return failure(ErrorKind::not_found,
                     fmt::format("{}: external volume {} does not exist", service.name, volume->name),
                     fmt::format("make it (docker volume create {}), or remove external: true", volume->name));
  }
  return {};
}

// Nobody could ever say that such a service is healthy.
Result<void> check_health_waits(const project::Project& project, const ObservedState& observed,
                                const project::Service& service) {
  for (const auto& dependency : service.dependencies) {
    const auto* other = project.find(dependency.service);
    if (!other || dependency.condition != "service_healthy" || other->spec.ready || !dependency.required) continue;
    const auto& check = other->spec.healthcheck;
    const auto image = observed.images.find(other->image);
    const bool own = check && !check->disable.value_or(false) && !check->test.empty();
    const bool none =
        check && (check->disable.value_or(false) || (!check->test.empty() && check->test.front() == "NONE"));
    const bool unknown = image == observed.images.end() || !image->second.config;
    const bool from_image = unknown || image->second.config->contains("Healthcheck");
    if (!none && (own || from_image)) continue;
    return failure(
        ErrorKind::usage,
        fmt::format("{} waits until {} is healthy, and {} has no healthcheck", service.name, other->name, other->name),
        fmt::format("add healthcheck: or ready: to {}, or wait with condition: service_started", other->name));
  }
  return {};
}

// Several containers can share neither a name nor a port of the host.
Result<void> check_numbers(const project::Service& service, unsigned replicas) {
  if (replicas < 2) return {};
  if (const auto ports = fixed_host_ports(service); !ports.empty()) {
    return failure(ErrorKind::usage,
                   fmt::format("cannot run {1} replicas of {0}: each would bind host port {2}", service.name, replicas,
                               ports.front()),
                   "leave the host port out, or give a range of ports");
  }
  if (service.spec.container_name) {
    return failure(ErrorKind::usage,
                   fmt::format("cannot run {2} replicas of {0}: container_name is '{1}'", service.name,
                               *service.spec.container_name, replicas),
                   "names of containers are unique at an engine: remove container_name");
  }
  return {};
}

// `built`: the service has a build section, which makes its image.
Result<void> check_image(const ObservedState& observed, const UpOptions& options, const project::Service& service,
                         unsigned replicas, bool built) {
  const bool planned = options.plan_images && (may_pull(service) || built);
  if (observed.images.contains(service.image) || replicas == 0 || planned) return {};
  return failure(ErrorKind::not_found, fmt::format("{}: there is no image {}", service.name, service.image),
                 built ? "run saasctl build" : "check the name, and that its registry can be reached");
}

}  // namespace

bool may_pull(const project::Service& service) {
  const auto& policy = service.spec.pull_policy;
  return service.pull_allowed && policy != "never" && policy != "build";
}

Result<void> preflight(const project::Project& project, const ObservedState& observed, const UpOptions& options,
                       const std::set<std::string, std::less<>>& services) {
  if (auto apart = check_conflicts(project, options, services); !apart) return apart;
  if (auto free = check_bridges(project, observed, options, services); !free) return free;
  for (const auto& service : project.services) {
    if (!services.contains(service.name)) continue;
    const auto replicas = replicas_of(service, options);
    for (const auto* one : project::with_steps(service)) {
      const bool built = service.build && one->image == service.image;
      if (auto there = check_image(observed, options, *one, replicas, built); !there) return there;
      if (auto there = check_externals(project, observed, *one); !there) return there;
    }
    if (auto watched = check_health_waits(project, observed, service); !watched) return watched;
    if (auto apart = check_numbers(service, replicas); !apart) return apart;
  }
  return {};
}

}  // namespace saasctl::plan
