#include "plan/lifecycle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "plan/hooks.hpp"
#include "project/order.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using Indices = std::vector<std::size_t>;

void append(Indices& to, const Indices& more) {
  for (const auto index : more) {
    if (std::ranges::find(to, index) == to.end()) to.push_back(index);
  }
}

class LivingPlanner {
 public:
  explicit LivingPlanner(const Lifecycle& living) : project_(living.project), containers_(living.containers) {
    for (const auto& service : project_.services) order_.push_back(service.name);
    for (const auto& container : containers_) plan_.ids[container.name] = container.id;
    selected_.insert(living.services.begin(), living.services.end());
    if (selected_.empty()) selected_.insert(order_.begin(), order_.end());
    for (const auto& name : living.services) {
      if (std::ranges::find(order_, name) == order_.end()) order_.push_back(name);
    }
  }

  std::set<std::string>& selected() { return selected_; }
  Plan take() { return std::move(plan_); }

  std::vector<const ObservedContainer*> containers_of(const std::string& service) const {
    std::vector<const ObservedContainer*> found;
    for (const auto& container : containers_) {
      if (container.service == service && !container.one_off) found.push_back(&container);
    }
    return found;
  }

  // The first selected service without a container.
  std::optional<std::string> without_container(const std::vector<std::string>& names) const {
    const auto found = std::ranges::find_if(names, [&](const auto& name) { return containers_of(name).empty(); });
    return found == names.end() ? std::nullopt : std::optional(*found);
  }

  // Container name → the action that stops it.
  const std::map<std::string, std::size_t>& stop() {
    std::map<std::string, Indices> gates;  // what those that a service depends on must wait for
    for (auto name = order_.rbegin(); name != order_.rend(); ++name) {
      Indices after;
      for (const auto* dependant : dependants_of(*name)) append(after, gates[dependant->name]);
      Indices own;
      for (const auto* container :
           selected_.contains(*name) ? containers_of(*name) : std::vector<const ObservedContainer*>{}) {
        if (!container->is_up()) continue;
        own.push_back(stop_one(*name, *container, after));
        stops_[container->name] = own.back();
      }
      gates[*name] = own.empty() ? after : own;
    }
    return stops_;
  }

  // Starts in order; `again` starts what stop() has stopped as well.
  void start(bool again) {
    for (const auto& name : order_) {
      if (!selected_.contains(name)) continue;
      const auto* service = project_.find(name);
      const auto containers = containers_of(name);
      // As docker compose: a restart does not prepare a service again.
      bool prepare = service && !again && std::ranges::none_of(containers, &ObservedContainer::is_up);
      Indices prepared;
      for (const auto* container : containers) {
        const auto stopped = stops_.find(container->name);
        if (again ? false : container->state == "running" || container->state == "restarting") continue;
        Indices after;
        if (stopped != stops_.end()) after.push_back(stopped->second);
        if (service) append(after, conditions(*service));
        if (std::exchange(prepare, false)) prepared = run_steps(*service, *container, after);
        append(after, prepared);
        const bool resume = container->state == "paused" && stopped == stops_.end();
        starts_[name].push_back(resume ? add(UnpauseContainer{name, container->name}, after)
                                       : start_one(name, *container, after));
      }
    }
  }

  template <typename Make>
  void each(const Make& make) {
    for (const auto& name : order_) {
      if (!selected_.contains(name)) continue;
      for (const auto* container : containers_of(name)) make(*container);
    }
  }

  std::size_t add(Work work, Indices after) {
    if (!std::holds_alternative<AwaitService>(work)) plan_.changes = true;
    plan_.actions.push_back({std::move(work), "", std::move(after)});
    return plan_.actions.size() - 1;
  }

  std::vector<const project::Service*> dependants_of(const std::string& name) const {
    std::vector<const project::Service*> found;
    for (const auto& service : project_.services) {
      if (std::ranges::find(service.dependencies, name, &project::Dependency::service) != service.dependencies.end())
        found.push_back(&service);
    }
    return found;
  }

 private:
  // The stop, after the pre_stop hooks of one that can still run them.
  std::size_t stop_one(const std::string& name, const ObservedContainer& container, Indices after) {
    const auto* service = project_.find(name);
    if (service && container.state == "running" && container.hook.empty()) {
      for (auto& hook : hooks_of(*service, "pre_stop", container.name)) after = {add(std::move(hook), after)};
    }
    return add(StopContainer{name, container.name}, std::move(after));
  }

  // The last of what runs before the first of its containers, or nothing.
  Indices run_steps(const project::Service& service, const ObservedContainer& first, Indices after) {
    for (auto& removal : old_steps(containers_, service.name)) after.push_back(add(std::move(removal), {}));
    for (const auto& step : service.pre_start) {
      after = {add(step_container(project_, step, {}, {}, first.name), std::move(after))};
      after = {add(step_run(step), std::move(after))};
    }
    return service.pre_start.empty() ? Indices{} : after;
  }

  // The start, or the last of its post_start hooks.
  std::size_t start_one(const std::string& name, const ObservedContainer& container, Indices after) {
    auto last = add(StartContainer{name, container.name}, std::move(after));
    if (const auto* service = project_.find(name)) {
      for (auto& hook : hooks_of(*service, "post_start", container.name)) last = add(std::move(hook), {last});
    }
    return last;
  }

  // What must hold of the services that this one depends on, as far as they are started here.
  Indices conditions(const project::Service& service) {
    Indices after;
    for (const auto& dependency : service.dependencies) {
      const auto started = starts_.find(dependency.service);
      if (started == starts_.end()) continue;
      if (dependency.condition == "service_started") {
        append(after, started->second);
        continue;
      }
      auto& awaited = awaits_[{dependency.service, dependency.condition}];
      if (awaited.empty()) {
        for (const auto* container : containers_of(dependency.service))
          awaited.push_back(
              add(AwaitService{dependency.service, container->name, dependency.condition, dependency.required},
                  started->second));
      }
      append(after, awaited);
    }
    return after;
  }

  const project::Project& project_;
  const std::vector<ObservedContainer>& containers_;
  std::vector<std::string> order_;  // dependencies first
  std::set<std::string> selected_;
  Plan plan_;
  std::map<std::string, std::size_t> stops_;
  std::map<std::string, Indices> starts_;  // by service
  std::map<std::pair<std::string, std::string>, Indices> awaits_;
};

std::unexpected<Error> nothing_there(const std::string& service) {
  return failure(ErrorKind::not_found, fmt::format("{} has no container", service), "saasctl up makes it");
}

// Secrets are handed out in volumes that only `up` makes.
Result<void> check_steps(const project::Project& project, const std::string& name) {
  const auto* service = project.find(name);
  if (!service) return {};
  for (const auto& step : service->pre_start) {
    if (std::ranges::all_of(step.secrets, &project::Grant::copied)) continue;
    return failure(
        ErrorKind::usage,
        fmt::format("{}: {} has secrets of its own, which only saasctl up hands out", name, step_run(step).when),
        fmt::format("run saasctl up {}", name));
  }
  return {};
}

void add_dependants(LivingPlanner& planner, const project::Project& project) {
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& service : project.services) {
      const bool follows = std::ranges::any_of(service.dependencies, [&](const project::Dependency& dependency) {
        return dependency.restart && planner.selected().contains(dependency.service);
      });
      if (follows && planner.selected().insert(service.name).second) grown = true;
    }
  }
}

}  // namespace

Plan plan_stop(const Lifecycle& living) {
  LivingPlanner planner(living);
  planner.stop();
  return planner.take();
}

Result<Plan> plan_start(const Lifecycle& living) {
  LivingPlanner planner(living);
  if (const auto missing = planner.without_container(living.services)) return nothing_there(*missing);
  std::vector<std::string> known;
  for (const auto& name : living.services) {
    if (living.project.find(name)) known.push_back(name);
  }
  if (!known.empty()) {
    const auto all = project::with_dependencies(living.project, known);
    if (!all) return std::unexpected(all.error());
    planner.selected().insert(all->begin(), all->end());
  }
  for (const auto& name : planner.selected()) {
    if (auto able = check_steps(living.project, name); !able) return std::unexpected(able.error());
  }
  planner.start(false);
  return planner.take();
}

Result<Plan> plan_restart(const Lifecycle& living, bool no_dependants) {
  LivingPlanner planner(living);
  if (const auto missing = planner.without_container(living.services)) return nothing_there(*missing);
  if (!no_dependants) add_dependants(planner, living.project);
  planner.stop();
  planner.start(true);
  return planner.take();
}

Plan plan_kill(const Lifecycle& living, const std::string& signal) {
  LivingPlanner planner(living);
  planner.each([&](const ObservedContainer& container) {
    if (container.is_up()) planner.add(KillContainer{container.service, container.name, signal}, {});
  });
  return planner.take();
}

Plan plan_pause(const Lifecycle& living) {
  LivingPlanner planner(living);
  planner.each([&](const ObservedContainer& container) {
    if (container.state == "running") planner.add(PauseContainer{container.service, container.name}, {});
  });
  return planner.take();
}

Plan plan_unpause(const Lifecycle& living) {
  LivingPlanner planner(living);
  planner.each([&](const ObservedContainer& container) {
    if (container.state == "paused") planner.add(UnpauseContainer{container.service, container.name}, {});
  });
  return planner.take();
}

Plan plan_remove(const Lifecycle& living, const RemoveOptions& options) {
  LivingPlanner planner(living);
  const auto stops = options.stop ? planner.stop() : std::map<std::string, std::size_t>{};
  planner.each([&](const ObservedContainer& container) {
    const auto stopped = stops.find(container.name);
    if (container.is_up() && stopped == stops.end()) return;
    Indices after;
    if (stopped != stops.end()) after.push_back(stopped->second);
    planner.add(removal_of(container, options.volumes), std::move(after));
  });
  return planner.take();
}

RemoveContainer removal_of(const ObservedContainer& container, bool volumes) {
  RemoveContainer removal{container.service, container.name, volumes};
  if (volumes) {
    for (const auto& volume : container.anonymous) removal.inherited.push_back(volume.name);
  }
  return removal;
}

project::Project project_of_labels(const std::string& name, const std::vector<LabelledContainer>& containers) {
  project::Project project;
  project.name = name;
  for (const auto& container : containers) {
    if (container.service.empty() || project.find(container.service)) continue;
    project::Service service;
    service.name = container.service;
    service.image = container.image;
    for (const auto& text : split(container.depends_on, ',')) {
      const auto parts = split(text, ':');
      if (parts[0].empty()) continue;
      service.dependencies.push_back(
          {parts[0], parts.size() > 1 ? parts[1] : "service_started", parts.size() > 2 && parts[2] == "true", true});
    }
    project.services.push_back(std::move(service));
  }
  std::ranges::sort(project.services, {}, &project::Service::name);
  auto ordered = project::dependencies_first(project.services);
  if (ordered.size() < project.services.size()) {  // labels that go in a circle give no order
    ordered = std::move(project.services);
    for (auto& service : ordered) service.dependencies.clear();
  }
  project.services = std::move(ordered);
  return project;
}

}  // namespace saasctl::plan
