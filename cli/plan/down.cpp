#include <algorithm>
#include <map>

#include "plan/plan.hpp"

namespace saasctl::plan {

Plan plan_down(const project::Project& project, const Observed& observed, const DownOptions& options) {
  Plan plan;
  const auto add = [&](Work work, std::vector<std::size_t> after) {
    plan.actions.push_back({std::move(work), "", std::move(after)});
    plan.changes = true;
    return plan.actions.size() - 1;
  };
  // Dependants stop before what they depend on; containers of services no longer in the file go first.
  std::map<std::string, std::vector<std::size_t>, std::less<>> stops;
  std::vector<std::size_t> removals;
  auto containers = observed.containers;
  const auto rank = [&](const ObservedContainer& container) {
    const auto found = std::ranges::find(project.services, container.service, &project::Service::name);
    return found - project.services.begin();
  };
  std::ranges::stable_sort(containers, [&](const auto& a, const auto& b) { return rank(a) > rank(b); });
  for (const auto& container : containers) {
    std::vector<std::size_t> after;
    for (const auto& service : project.services) {
      const bool dependant =
          std::ranges::any_of(service.dependencies, [&](const auto& d) { return d.service == container.service; });
      if (dependant) after.insert(after.end(), stops[service.name].begin(), stops[service.name].end());
    }
    const bool up = container.state == "running" || container.state == "restarting" || container.state == "paused";
    if (up) {
      const auto stop = add(StopContainer{container.service, container.name}, after);
      stops[container.service].push_back(stop);
      after = {stop};
    }
    removals.push_back(add(RemoveContainer{container.service, container.name}, after));
  }
  for (const auto& network : observed.project_networks) add(RemoveNetwork{network}, removals);
  for (const auto& volume : observed.secret_volumes) add(RemoveVolume{volume}, removals);
  if (options.volumes) {
    for (const auto& volume : project.volumes) {
      const bool there = std::ranges::find(observed.volumes, volume.name) != observed.volumes.end();
      if (there && !volume.external) add(RemoveVolume{volume.name}, removals);
    }
  }
  return plan;
}

}  // namespace saasctl::plan
