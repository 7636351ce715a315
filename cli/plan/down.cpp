#include <algorithm>

#include "plan/lifecycle.hpp"
#include "plan/plan.hpp"

namespace saasctl::plan {
namespace {

template <typename T>
bool holds(const std::vector<T>& list, const T& item) {
  return std::ranges::find(list, item) != list.end();
}

// A container that is never started, left by a run that was interrupted: nobody wants to keep it.
bool is_leftover(const ObservedContainer& container) {
  return container.one_off && container.state == "created";
}

class DownPlanner {
 public:
  DownPlanner(const project::Project& project, const ObservedState& observed, const DownOptions& options)
      : project_(project), observed_(observed), options_(options) {
    for (const auto& container : observed.containers) (goes(container) ? going_ : staying_).push_back(container);
  }

  Plan make() {
    remove_containers();
    auto before_networks = removals_;
    for (const auto& duplicate : observed_.duplicate_networks)
      before_networks.push_back(add(RemoveNetwork{duplicate}, {}));
    for (const auto& network : observed_.project_networks) {
      if (!in_use(network, &ObservedContainer::networks)) add(RemoveNetwork{network}, before_networks);
    }
    for (const auto& volume : observed_.secret_volumes) remove_volume(volume);
    for (const auto& volume : project_.volumes) {
      if (options_.volumes && !volume.external && holds(observed_.volumes, volume.name)) remove_volume(volume.name);
    }
    for (const auto& [volume, facts] : observed_.volume_facts) {
      if (options_.volumes && options_.services.empty() && is_anonymous(volume)) remove_volume(volume);
    }
    return std::move(plan_);
  }

 private:
  bool goes(const ObservedContainer& container) const {
    if (is_leftover(container)) return true;
    if (!container.hook.empty()) return options_.services.empty() || holds(options_.services, container.service);
    if (!options_.services.empty()) return !container.one_off && holds(options_.services, container.service);
    return options_.orphans || (!container.one_off && project_.find(container.service));
  }

  std::size_t add(Work work, std::vector<std::size_t> after) {
    plan_.actions.push_back({std::move(work), "", std::move(after)});
    plan_.changes = true;
    return plan_.actions.size() - 1;
  }

  // Dependants stop before what they depend on; what the project does not know of stops at once.
  void remove_containers() {
    std::vector<std::string> strangers;
    for (const auto& container : going_) {
      if (!project_.find(container.service)) strangers.push_back(container.service);
    }
    auto regular = going_;
    for (auto& container : regular) container.one_off = false;
    // Before the service's containers, as long as these still hold the volumes that both have: the engine then takes
    // only those that are its own.
    std::ranges::stable_partition(regular, [](const auto& container) { return !container.hook.empty(); });
    std::vector<std::size_t> before;
    std::vector<std::string> services = strangers;
    for (const auto& service : project_.services) services.push_back(service.name);
    plan_ = plan_stop({project_, regular, services});
    for (const auto& container : regular) {
      std::vector<std::size_t> after;
      for (std::size_t i = 0; i < plan_.actions.size(); ++i) {
        const auto* stop = std::get_if<StopContainer>(&plan_.actions[i].work);
        if (stop && stop->container == container.name) after.push_back(i);
      }
      if (!container.hook.empty()) {
        before.push_back(add(RemoveContainer{container.service, container.name, true}, std::move(after)));
        continue;
      }
      after.insert(after.end(), before.begin(), before.end());
      removals_.push_back(add(removal_of(container, options_.volumes), std::move(after)));
    }
    removals_.insert(removals_.end(), before.begin(), before.end());
  }

  bool in_use(const std::string& name, std::vector<std::string> ObservedContainer::*uses) const {
    return std::ranges::any_of(staying_, [&](const auto& container) { return holds(container.*uses, name); });
  }

  void remove_volume(const std::string& name) {
    if (!in_use(name, &ObservedContainer::volumes)) add(RemoveVolume{name}, removals_);
  }

  const project::Project& project_;
  const ObservedState& observed_;
  const DownOptions& options_;
  std::vector<ObservedContainer> going_;
  std::vector<ObservedContainer> staying_;
  Plan plan_;
  std::vector<std::size_t> removals_;
};

}  // namespace

Plan plan_down(const project::Project& project, const ObservedState& observed, const DownOptions& options) {
  return DownPlanner(project, observed, options).make();
}

}  // namespace saasctl::plan
