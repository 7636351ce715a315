#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "plan/cause.hpp"
#include "plan/container_body.hpp"
#include "plan/plan.hpp"
#include "plan/resource_body.hpp"
#include "project/order.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

class UpPlanner {
 public:
  UpPlanner(const project::Project& project, const Observed& observed, const UpOptions& options)
      : project_(project), observed_(observed), options_(options) {}

  Result<Plan> make(const std::vector<std::string>& names) {
    std::set<std::string> wanted(names.begin(), names.end());
    leftovers();
    for (const auto& service : project_.services) {
      if (!wanted.contains(service.name)) continue;
      if (!observed_.images.contains(service.image)) return missing_image(service);
      prepare(service);
    }
    for (const auto& service : project_.services) {
      if (wanted.contains(service.name)) start(service);
    }
    for (const auto& service : project_.services) {
      if (options_.wait != Wait::none && wanted.contains(service.name)) await(service, final_condition());
    }
    unused_secrets(wanted);
    return std::move(plan_);
  }

  Result<Plan> recreate(const project::Service& service) {
    if (!observed_.images.contains(service.image)) return missing_image(service);
    forced_ = service.name;
    prepare(service);
    start(service);
    await(service, final_condition());
    return std::move(plan_);
  }

 private:
  std::string final_condition() const { return options_.wait == Wait::engine ? "engine_healthy" : "service_healthy"; }

  struct Place {
    std::string container;
    std::optional<std::size_t> ready;  // the action after which it can be started
    bool start = true;
    bool is_new = false;  // in place of an earlier container
    std::optional<std::size_t> started;
    std::map<std::string, std::size_t> awaited;  // by condition
  };

  std::size_t add(Work work, std::string cause, std::vector<std::size_t> after) {
    if (!std::holds_alternative<AwaitService>(work)) plan_.changes = true;
    plan_.actions.push_back({std::move(work), std::move(cause), std::move(after)});
    return plan_.actions.size() - 1;
  }

  static std::unexpected<Error> missing_image(const project::Service& service) {
    return failure(Fault::not_found, fmt::format("{}: there is no image {}", service.name, service.image),
                   service.build ? "run saasctl build" : "check the name, and that its registry can be reached");
  }

  // What an interrupted run left behind: it has a name that the next run needs.
  void leftovers() {
    for (const auto& container : observed_.containers) {
      const bool helper = container.one_off && container.state == "created" && container.name.ends_with("-secrets");
      if (helper)
        leftovers_.push_back(add(RemoveContainer{container.service, container.name}, "left by an interrupted run", {}));
    }
  }

  const ObservedContainer* existing(const project::Service& service) const {
    const auto found = std::ranges::find_if(observed_.containers, [&](const ObservedContainer& container) {
      return container.service == service.name && !container.one_off;
    });
    return found == observed_.containers.end() ? nullptr : &*found;
  }

  std::string recreate_cause(const project::Service& service, const ObservedContainer& container) const {
    if (options_.force_recreate) return "--force-recreate";
    if (forced_ == service.name) return "asked for";
    if (container.state == "dead" || container.state == "removing") return "its container is " + container.state;
    if (container.name != service.container_name)
      return fmt::format("name {} → {}", container.name, service.container_name);
    if (container.hash != service.hash || container.model.empty())
      return describe_change(container.model, service.model);
    if (container.image_id != observed_.images.at(service.image).id)
      return fmt::format("image {} is another one now", service.image);
    return "";
  }

  // Everything up to the point where the service's container can be started.
  void prepare(const project::Service& service) {
    auto& place = places_[service.name];
    place.container = service.container_name;
    const auto* container = existing(service);
    if (container) {
      const auto cause = recreate_cause(service, *container);
      if (cause.empty()) return keep(service, *container);
      place.is_new = true;
      std::vector<std::size_t> after;
      if (container->state == "running" || container->state == "restarting" || container->state == "paused") {
        after.push_back(add(StopContainer{service.name, container->name}, cause, {}));
      }
      place.ready =
          create(service, cause, {add(RemoveContainer{service.name, container->name}, cause, std::move(after))});
    } else {
      place.ready = create(service, "new", {});
    }
  }

  // Starts the container that is there, if need be. The engine starts no paused container: it is stopped before, as is
  // one whose dependency has a new container and says `restart: true`.
  void keep(const project::Service& service, const ObservedContainer& container) {
    auto& place = places_[service.name];
    const bool running = container.state == "running" || container.state == "restarting";
    const auto renewed = std::ranges::find_if(service.dependencies, [&](const project::Dependency& dependency) {
      const auto other = places_.find(dependency.service);
      return dependency.restart && other != places_.end() && other->second.is_new;
    });
    if (running && renewed != service.dependencies.end()) {
      place.ready = add(StopContainer{service.name, container.name}, renewed->service + " has a new container", {});
    } else if (container.state == "paused") {
      place.ready = add(StopContainer{service.name, container.name}, "it is paused", {});
    }
    place.start = !running || place.ready;
  }

  std::size_t create(const project::Service& service, const std::string& cause, std::vector<std::size_t> after) {
    const auto volumes = secret_volumes(project_, service, observed_.images.at(service.image));
    auto [body, connect] = container_body(project_, service, volumes);
    for (const auto& volume : volumes) {
      after.push_back(add(FillSecrets{service.name, volume.name, volume.folder, service.container_name + "-secrets",
                                      service.image, volume.files},
                          cause, leftovers_));
    }
    for (const auto& use : service.spec.networks) {
      if (const auto action = network(use.name)) after.push_back(*action);
    }
    for (const auto& mount : service.spec.volumes) {
      if (mount.type != "volume" || !mount.source) continue;
      if (const auto action = volume(*mount.source)) after.push_back(*action);
    }
    return add(
        CreateContainer{service.name, service.container_name, std::move(body), service.spec.platform.value_or(""),
                        std::move(connect), copied_configs(service, observed_.images.at(service.image))},
        cause, std::move(after));
  }

  // The action that makes the network, nothing when it is there.
  std::optional<std::size_t> network(const std::string& key) {
    const auto found = std::ranges::find(project_.networks, key, &project::Network::key);
    if (found == project_.networks.end() || found->external || observed_.networks.contains(found->name))
      return std::nullopt;
    if (const auto made = made_.find("network " + key); made != made_.end()) return made->second;
    return made_["network " + key] = add(CreateNetwork{found->name, network_body(project_, *found)}, "new", {});
  }

  std::optional<std::size_t> volume(const std::string& key) {
    const auto found = std::ranges::find(project_.volumes, key, &project::Volume::key);
    if (found == project_.volumes.end() || found->external) return std::nullopt;
    if (std::ranges::find(observed_.volumes, found->name) != observed_.volumes.end()) return std::nullopt;
    if (const auto made = made_.find("volume " + key); made != made_.end()) return made->second;
    return made_["volume " + key] = add(CreateVolume{found->name, volume_body(project_, *found)}, "new", {});
  }

  void start(const project::Service& service) {
    auto& place = places_[service.name];
    if (!place.start) return;
    std::vector<std::size_t> after;
    if (place.ready) after.push_back(*place.ready);
    for (const auto& dependency : service.dependencies) {
      const auto other = places_.find(dependency.service);
      if (other == places_.end()) continue;
      if (dependency.condition == "service_started") {
        if (other->second.started) after.push_back(*other->second.started);
      } else {
        after.push_back(await(*project_.find(dependency.service), dependency.condition));
      }
    }
    place.started =
        add(StartContainer{service.name, place.container}, place.ready ? "" : "it is stopped", std::move(after));
  }

  std::size_t await(const project::Service& service, const std::string& condition) {
    auto& place = places_.at(service.name);
    if (const auto found = place.awaited.find(condition); found != place.awaited.end()) return found->second;
    std::vector<std::size_t> after;
    if (place.started) after.push_back(*place.started);
    return place.awaited[condition] = add(AwaitService{service.name, place.container, condition}, "", std::move(after));
  }

  // Secret volumes of earlier contents, once the services that held them have new ones.
  void unused_secrets(const std::set<std::string>& wanted) {
    std::set<std::string> used;
    for (const auto& service : project_.services) {
      const auto image = observed_.images.find(service.image);
      if (image == observed_.images.end()) return;
      for (const auto& volume : secret_volumes(project_, service, image->second)) used.insert(volume.name);
      if (!wanted.contains(service.name)) return;
    }
    std::vector<std::size_t> after;
    for (const auto& [name, place] : places_) {
      if (place.started) after.push_back(*place.started);
    }
    for (const auto& volume : observed_.secret_volumes) {
      if (!used.contains(volume)) add(RemoveVolume{volume}, "its secrets have changed", after);
    }
  }

  const project::Project& project_;
  const Observed& observed_;
  const UpOptions& options_;
  std::string forced_;
  Plan plan_;
  std::vector<std::size_t> leftovers_;  // the actions that remove them
  std::map<std::string, Place> places_;
  std::map<std::string, std::size_t> made_;
};

}  // namespace

Result<Plan> plan_up(const project::Project& project, const Observed& observed, const UpOptions& options) {
  const auto names = project::with_dependencies(project, options.services);
  if (!names) return std::unexpected(names.error());
  return UpPlanner(project, observed, options).make(*names);
}

Result<Plan> plan_recreate(const project::Project& project, const Observed& observed, const std::string& service) {
  const auto names = project::with_dependencies(project, {service});
  if (!names) return std::unexpected(names.error());
  const UpOptions options;
  return UpPlanner(project, observed, options).recreate(*project.find(service));
}

}  // namespace saasctl::plan
