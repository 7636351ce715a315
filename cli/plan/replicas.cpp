#include "plan/replicas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "plan/foreign_diff.hpp"
#include "plan/record.hpp"

namespace saasctl::plan {
namespace {

std::string name_of(const project::Project& project, const project::Service& service, unsigned number) {
  return number == 1 ? service.container_name : fmt::format("{}-{}-{}", project.name, service.name, number);
}

// A network of the service that has been removed; a container that was in it cannot be started again.
std::string missing_network(const project::Project& project, const ObservedState& observed,
                            const project::Service& service) {
  for (const auto& use : service.spec.networks) {
    const auto network = std::ranges::find(project.networks, use.name, &project::Network::key);
    if (network != project.networks.end() && !network->external && !observed.networks.contains(network->name))
      return network->name;
  }
  return "";
}

// A network of the container that was removed and created again by somebody else. A container that has run looks for
// the id and cannot be started again.
std::string renewed_network(const ObservedState& observed, const ObservedContainer& container) {
  for (const auto& [name, id] : container.network_ids) {
    const auto network = observed.networks.find(name);
    if (network != observed.networks.end() && network->second != id && !container.is_up()) return name;
  }
  return "";
}

// Files and further networks come after the creation, which a run that was killed may not have got to.
bool is_half_made(const project::Service& service, const ObservedContainer& container) {
  const bool has_more = service.spec.networks.size() > 1 ||
                        std::ranges::any_of(service.configs, &project::Grant::copied) ||
                        std::ranges::any_of(service.secrets, &project::Grant::copied);
  return container.state == "created" && has_more;
}

// Why the container cannot stay; an empty text: it can.
Cause why_not(const project::Project& project, const ObservedState& observed, const Replica& replica,
              const ObservedContainer& container, const UpOptions& options) {
  const auto& service = *replica.service;
  if (container.state == "dead" || container.state == "removing") return {"its container is " + container.state};
  if (const auto network = missing_network(project, observed, service); !network.empty())
    return {fmt::format("its network {} is not there", network)};
  if (const auto network = renewed_network(observed, container); !network.empty())
    return {fmt::format("its network {} was created again", network)};
  if (is_half_made(service, container)) return {"it was never started, and may be half made"};
  if (options.force_recreate && !options.made.contains(container.id)) return {"--force-recreate"};
  if (options.no_recreate) return {};
  const auto image = observed.images.find(service.image);
  if (container.model.empty()) {
    Cause cause;
    cause.changes = differences(project, replica, container, observed);
    if (!cause.changes.empty()) cause.text = "made by another tool; " + to_text(cause.changes);
    return cause;
  }
  if (!is_unchanged(container.model, service.model))
    return cause_of_change(container.model, service.model, container.inspected.get());
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

// The numbers that the service's containers have or get: those that are there first, so that none goes for want of
// another, then the lowest that are free.
std::set<unsigned> numbers_of(const ObservedState& observed, const std::string& service, unsigned replicas) {
  std::set<unsigned> there;
  for (const auto& container : observed.containers) {
    if (container.service == service && !container.one_off) there.insert(container.number);
  }
  std::set<unsigned> numbers;
  for (const auto number : there) {
    if (numbers.size() < replicas) numbers.insert(number);
  }
  for (unsigned number = 1; numbers.size() < replicas; ++number) {
    if (!there.contains(number)) numbers.insert(number);
  }
  return numbers;
}

}  // namespace

std::string Replica::subject() const {
  return number == 1 ? service->name : fmt::format("{}-{}", service->name, number);
}

std::vector<Replica> match_replicas(const project::Project& project, const ObservedState& observed,
                                    const project::Service& service, unsigned replicas, const UpOptions& options) {
  std::vector<Replica> instances;
  for (const auto number : numbers_of(observed, service.name, replicas)) {
    Replica replica{&service, number, name_of(project, service, number), nullptr, {}, {}};
    std::vector<Judged> judged;
    for (const auto& container : observed.containers) {
      if (container.service != service.name || container.one_off || container.number != number) continue;
      auto cause = why_not(project, observed, replica, container, options);
      const int rank = (cause.text.empty() ? 4 : 0) + (container.is_up() ? 2 : 0) + int{container.name == replica.name};
      judged.push_back({&container, std::move(cause), rank});
    }
    std::ranges::stable_sort(judged, std::greater{}, &Judged::rank);
    for (auto& one : judged) {
      if (one.cause.text.empty() && !replica.current) {
        replica.current = one.container;
      } else {
        if (replica.old.empty() && !replica.current) replica.cause = std::move(one.cause);
        replica.old.push_back(one.container);
      }
    }
    if (judged.empty()) replica.cause = {"new"};
    if (replica.current && !replica.old.empty()) replica.cause = {"left by an earlier run"};
    instances.push_back(std::move(replica));
  }
  return instances;
}

std::vector<const ObservedContainer*> surplus_of(const ObservedState& observed, const std::string& service,
                                                 unsigned replicas) {
  std::vector<const ObservedContainer*> surplus;
  const auto numbers = numbers_of(observed, service, replicas);
  for (const auto& container : observed.containers) {
    if (container.service == service && !container.one_off && !numbers.contains(container.number))
      surplus.push_back(&container);
  }
  return surplus;
}

unsigned replicas_of(const project::Service& service, const UpOptions& options) {
  const auto asked = options.scale.find(service.name);
  return asked == options.scale.end() ? service.replicas : asked->second;
}

std::vector<const ObservedContainer*> orphans_of(const project::Project& project, const ObservedState& observed) {
  std::vector<const ObservedContainer*> orphans;
  for (const auto& container : observed.containers) {
    const bool known = project.find(container.service) || project.document.stack.inactive.find(container.service);
    if (!container.one_off && !container.service.empty() && !known) orphans.push_back(&container);
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
