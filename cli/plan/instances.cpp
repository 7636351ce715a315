#include "plan/instances.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/adopt.hpp"

namespace saasctl::plan {
namespace {

std::string name_of(const project::Project& project, const project::Service& service, unsigned number) {
  return number == 1 ? service.container_name : fmt::format("{}-{}-{}", project.name, service.name, number);
}

// A network of the service that has been removed; a container that was in it cannot be started again.
std::string missing_network(const project::Project& project, const Observed& observed,
                            const project::Service& service) {
  for (const auto& use : service.spec.networks) {
    const auto network = std::ranges::find(project.networks, use.name, &project::Network::key);
    if (network != project.networks.end() && !network->external && !observed.networks.contains(network->name))
      return network->name;
  }
  return "";
}

// Why the container cannot stay; an empty text: it can.
Cause why_not(const project::Project& project, const Observed& observed, const project::Service& service,
              const ObservedContainer& container, const UpOptions& options) {
  if (container.state == "dead" || container.state == "removing") return {"its container is " + container.state};
  if (const auto network = missing_network(project, observed, service); !network.empty())
    return {fmt::format("its network {} is not there", network)};
  if (options.force_recreate) return {"--force-recreate"};
  if (options.no_recreate) return {};
  const auto image = observed.images.find(service.image);
  if (container.model.empty()) {
    Cause cause;
    cause.changes = differences(project, service, container, observed);
    if (!cause.changes.empty()) cause.text = "made by another tool; " + to_text(cause.changes);
    return cause;
  }
  if (container.hash != service.hash) return cause_of_change(container.model, service.model);
  if (image != observed.images.end() && container.image_id != image->second.id)
    return {fmt::format("image {} is another one now", service.image),
            {{"image", container.image_id, image->second.id}}};
  return {};
}

struct Judged {
  const ObservedContainer* container;
  Cause cause;
  int rank;  // the best is kept, or gives the cause
};

}  // namespace

std::string Instance::subject() const {
  return number == 1 ? service->name : fmt::format("{}-{}", service->name, number);
}

std::vector<Instance> instances_of(const project::Project& project, const Observed& observed,
                                   const project::Service& service, unsigned replicas, const UpOptions& options) {
  std::vector<Instance> instances;
  for (unsigned number = 1; number <= replicas; ++number) {
    Instance instance{&service, number, name_of(project, service, number), nullptr, {}, {}};
    std::vector<Judged> judged;
    for (const auto& container : observed.containers) {
      if (container.service != service.name || container.one_off || container.number != number) continue;
      auto cause = why_not(project, observed, service, container, options);
      const int rank =
          (cause.text.empty() ? 4 : 0) + (container.is_up() ? 2 : 0) + int{container.name == instance.name};
      judged.push_back({&container, std::move(cause), rank});
    }
    std::ranges::stable_sort(judged, std::greater{}, &Judged::rank);
    for (auto& one : judged) {
      if (one.cause.text.empty() && !instance.current) {
        instance.current = one.container;
      } else {
        if (instance.old.empty() && !instance.current) instance.cause = std::move(one.cause);
        instance.old.push_back(one.container);
      }
    }
    if (judged.empty()) instance.cause = {"new"};
    if (instance.current && !instance.old.empty()) instance.cause = {"left by an interrupted run"};
    instances.push_back(std::move(instance));
  }
  return instances;
}

std::vector<const ObservedContainer*> surplus_of(const Observed& observed, const std::string& service,
                                                 unsigned replicas) {
  std::vector<const ObservedContainer*> surplus;
  for (const auto& container : observed.containers) {
    if (container.service == service && !container.one_off && container.number > replicas)
      surplus.push_back(&container);
  }
  return surplus;
}

unsigned replicas_of(const project::Service& service, const UpOptions& options) {
  const auto asked = options.scale.find(service.name);
  return asked == options.scale.end() ? service.replicas : asked->second;
}

std::vector<const ObservedContainer*> orphans_of(const project::Project& project, const Observed& observed) {
  std::vector<const ObservedContainer*> orphans;
  for (const auto& container : observed.containers) {
    if (!container.one_off && !container.service.empty() && !project.find(container.service))
      orphans.push_back(&container);
  }
  return orphans;
}

std::vector<std::string> fixed_host_ports(const project::Service& service) {
  std::vector<std::string> ports;
  for (const auto& port : service.spec.ports) {
    const auto& published = port.published.text;
    if (!published.empty() && published != "0" && published.find('-') == std::string::npos)
      ports.push_back(published + "/" + port.protocol);
  }
  return ports;
}

}  // namespace saasctl::plan
