#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "plan/container_body.hpp"
#include "plan/diverged.hpp"
#include "plan/draft.hpp"
#include "plan/feasible.hpp"
#include "plan/footing.hpp"
#include "plan/hooks.hpp"
#include "plan/instance_body.hpp"
#include "plan/instances.hpp"
#include "plan/labels.hpp"
#include "plan/record.hpp"
#include "plan/renewal.hpp"
#include "plan/resource_body.hpp"
#include "project/order.hpp"
#include "stack/implied.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

// What the waits are called that nobody insists on.
constexpr auto optional = " if it can be had";

// A container's way through the plan.
struct Place {
  Instance instance;
  std::string container;  // its name in this plan's actions, which a renaming does not change
  Indices made = {};      // what must be done before it can take its place
  bool start = false;
  bool is_new = false;                                // in place of an earlier container
  bool start_first = false;                           // before the one that it replaces is stopped
  bool stop_early = false;                            // the old one gives a host port to another service
  std::string restart_cause = {};                     // of one that stays
  Indices stopped = {};                               // the stops of the old ones
  std::optional<std::size_t> started = std::nullopt;  // its post_start hooks included
  std::map<std::string, std::size_t> awaited = {};    // by condition
};

class UpPlanner {
 public:
  UpPlanner(const project::Project& project, const Observed& observed, const UpOptions& options)
      : project_(project), observed_(observed), options_(options) {
    for (const auto& service : project.services) services_[service.name] = &service;
  }

  Result<Plan> make(const std::vector<std::string>& names) {
    wanted_ = {names.begin(), names.end()};
    for (const auto& container : observed_.containers) plan_.ids[container.name] = container.id;
    auto changed = changed_networks(project_, observed_, options_, wanted_);
    if (!changed) return std::unexpected(changed.error());
    changed_ = std::move(*changed);
    for (const auto& network : changed_) {
      for (const auto* user : network.users) wanted_.insert(user->service);
    }
    if (auto known = check_feasible(project_, observed_, options_, wanted_); !known)
      return std::unexpected(known.error());
    plan_.notes = divergences(project_, observed_, changed_.empty());
    get_images();
    remove_leftovers();
    replace_networks();
    remove_surplus();
    for (const auto& service : project_.services) {
      if (wanted_.contains(service.name) && stack::sharing(service.spec).empty()) place(service);
    }
    for (auto& [name, places] : places_) {
      for (auto& place : places) hand_over_ports(place);
    }
    for (const auto& service : project_.services) {
      if (!wanted_.contains(service.name)) continue;
      if (!stack::sharing(service.spec).empty()) {
        place(service);
        for (auto& place : places_[service.name]) hand_over_ports(place);
      }
      if (!options_.no_start) start(service);
    }
    if (!options_.no_start) await_all();
    remove_replaced();
    remove_unused_secrets();
    return std::move(plan_);
  }

 private:
  std::size_t add(Work work, const Cause& cause, Indices after, Verdict verdict = Verdict::none) {
    return draft_.add(std::move(work), cause, std::move(after), verdict);
  }

  // ---- images
  // For display alone: an executed plan has all images.
  void get_images() {
    for (const auto& service : project_.services) {
      const bool needed = wanted_.contains(service.name) && replicas_of(service, options_) > 0;
      if (!needed || observed_.images.contains(service.image) || images_.contains(service.image)) continue;
      const bool build = !may_pull(service);
      const Cause cause{build           ? "never built"
                        : service.build ? "not on the engine; built here if it cannot be pulled"
                                        : "not on the engine"};
      images_[service.image] =
          add(GetImage{service.name, service.image, build}, cause, {}, build ? Verdict::build : Verdict::pull);
    }
  }

  // What the engine knows about the service's image, nothing of one that it does not have yet.
  const ObservedImage& image_of(const project::Service& service) const {
    static const ObservedImage unknown;
    const auto found = observed_.images.find(service.image);
    return found == observed_.images.end() ? unknown : found->second;
  }

  // ---- networks that the file has changed
  // Whatever can be checked is checked before the first container stops.
  void replace_networks() {
    Indices probes;
    std::vector<Json> bodies;
    for (const auto& changed : changed_) {
      const auto salt = salt_for(observed_.entropy, "network " + changed.network->name);
      bodies.push_back(network_body(project_, *changed.network, salt));
      probes.push_back(add(probe_of(bodies.back(), observed_.network_bodies.at(changed.network->name)), {}, {}));
    }
    stop_users(probes);
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      const auto& [network, cause, users] = changed_[i];
      Indices after = probes;
      for (const auto* user : users) after = with(std::move(after), stopped_early_.at(user->id));
      footing_.replaced(network->key,
                        add(ReplaceNetwork{network->name, observed_.networks.at(network->name), std::move(bodies[i]),
                                           observed_.network_bodies.at(network->name)},
                            cause, std::move(after), Verdict::recreate));
    }
  }

  // Dependants before what they depend on; those that the file does not have at once.
  void stop_users(const Indices& probes) {
    std::map<std::string, Indices> stops;  // by service
    const auto stop = [&](const std::string& service, const Indices& after) {
      for (const auto& changed : changed_) {
        for (const auto* user : changed.users) {
          if (user->service != service || stopped_early_.contains(user->id)) continue;
          const Cause cause{fmt::format("network {} is created again", changed.network->name)};
          const auto stopped = stop_old(*user, cause, after, Verdict::none);
          stopped_early_[user->id] = stopped;
          stops[service] = with(stops[service], stopped);
        }
      }
    };
    for (auto service = project_.services.rbegin(); service != project_.services.rend(); ++service) {
      Indices after = probes;
      for (const auto& other : project_.services) {
        if (std::ranges::find(other.dependencies, service->name, &project::Dependency::service) !=
            other.dependencies.end())
          after = with(std::move(after), stops[other.name]);
      }
      stop(service->name, after);
    }
    for (const auto& changed : changed_) {
      for (const auto* user : changed.users) stop(user->service, probes);
    }
  }

  // ---- what goes
  // What an interrupted run left behind: it has a name that the next run needs.
  void remove_leftovers() {
    for (const auto& twin : observed_.twin_networks)
      twins_.push_back(add(RemoveNetwork{twin}, {"made twice"}, {}, Verdict::remove));
    for (const auto& network : project_.networks) {
      const auto probe = network.name + std::string(probe_suffix);
      if (std::ranges::find(observed_.project_networks, probe) != observed_.project_networks.end())
        add(RemoveNetwork{probe}, {"left by an earlier run"}, {}, Verdict::remove);
    }
    for (const auto& container : observed_.containers) {
      const bool helper = container.one_off && container.model.empty() && container.state == "created" &&
                          container.name.ends_with("-secrets");
      if (helper)
        leftovers_.push_back(add(RemoveContainer{container.service, container.name, true}, {"left by an earlier run"},
                                 {}, Verdict::remove));
    }
  }

  void remove_surplus() {
    for (const auto& service : project_.services) {
      if (!wanted_.contains(service.name)) continue;
      const auto replicas = replicas_of(service, options_);
      for (const auto* container : surplus_of(observed_, service.name, replicas))
        stop_and_remove(*container, {fmt::format("{} shall have {}", service.name, replicas)}, Verdict::remove);
    }
    const auto orphans = orphans_of(project_, observed_);
    std::vector<std::string> names;
    for (const auto* orphan : orphans) {
      names.push_back(orphan->name);
      if (options_.remove_orphans) stop_and_remove(*orphan, {"--remove-orphans"}, Verdict::remove);
    }
    if (!names.empty() && !options_.remove_orphans) {
      plan_.notes.push_back(fmt::format("left alone: {}, of no service in the file; --remove-orphans removes {}",
                                        join(names, ", "), names.size() == 1 ? "it" : "them"));
    }
  }

  void stop_and_remove(const ObservedContainer& container, const Cause& cause, Verdict verdict) {
    Indices after = stop_old(container, cause, {}, verdict);
    const auto removed =
        add(RemoveContainer{container.service, container.name}, cause, after, after.empty() ? verdict : Verdict::none);
    for (const auto& port : container.ports) freed_[port.key()].push_back(after.empty() ? removed : after.back());
  }

  Indices stop_old(const ObservedContainer& container, const Cause& cause, Indices after, Verdict verdict) {
    if (const auto early = stopped_early_.find(container.id); early != stopped_early_.end()) return early->second;
    const auto service = services_.find(container.service);
    return draft_.stop(service == services_.end() ? nullptr : service->second, container, cause, std::move(after),
                       verdict);
  }

  // ---- what is made up front
  void place(const project::Service& service) {
    auto& places = places_[service.name];
    for (auto& instance : instances_of(project_, observed_, service, replicas_of(service, options_), options_)) {
      Place place{std::move(instance), {}};
      part_from_renewed(place.instance);
      part_from_changed_network(place.instance);
      if (place.instance.current) {
        keep(place);
      } else {
        create(place);
      }
      for (const auto* old_one : place.instance.old) {
        for (const auto& port : old_one->ports) holders_.emplace(port.key(), std::pair(service.name, places.size()));
      }
      places.push_back(std::move(place));
    }
  }

  // One that lives in the name spaces or with the volumes of a container that is replaced cannot go on.
  void part_from_renewed(Instance& instance) {
    if (!instance.current) return;
    for (const auto& name : stack::sharing(instance.service->spec)) {
      const auto other = places_.find(name);
      if (other == places_.end()) continue;
      const bool apart = shares_name_space(*instance.service, name) && is_apart(*instance.current, other->second);
      if (!is_renewed(other->second) && !apart) continue;
      instance.old.insert(instance.old.begin(), std::exchange(instance.current, nullptr));
      instance.cause = {name + " has a new container"};
      return;
    }
  }

  void part_from_changed_network(Instance& instance) {
    if (!instance.current) return;
    const auto* changed = changed_network_of(changed_, *instance.current);
    if (!changed) return;
    instance.old.insert(instance.old.begin(), std::exchange(instance.current, nullptr));
    instance.cause = {fmt::format("network {} is created again", changed->network->name)};
  }

  // A container in place of an earlier one, or of one that has gone.
  static bool is_renewed(const std::vector<Place>& places) {
    return std::ranges::any_of(places, &Place::is_new) ||
           std::ranges::none_of(places, [](const Place& place) { return place.instance.current; });
  }

  static bool shares_name_space(const project::Service& service, const std::string& other) {
    const auto& spec = service.spec;
    return std::ranges::any_of(std::array{&spec.network_mode, &spec.ipc, &spec.pid},
                               [&](const auto* mode) { return stack::service_of(mode->value_or("")) == other; });
  }

  // It lives with a container that is none of these any more.
  static bool is_apart(const ObservedContainer& container, const std::vector<Place>& others) {
    return !container.lives_with.empty() && std::ranges::none_of(others, [&](const Place& other) {
      return other.instance.current &&
             std::ranges::find(container.lives_with, other.instance.current->id) != container.lives_with.end();
    });
  }

  // What must be done before a container can be made that lives with others: they have their names once they start.
  Indices others_of(const project::Service& service) const {
    Indices after;
    for (const auto& name : stack::sharing(service.spec)) {
      const auto other = places_.find(name);
      if (other == places_.end()) continue;
      for (const auto& place : other->second) {
        if (place.started) after.push_back(*place.started);
        after.insert(after.end(), place.made.begin(), place.made.end());
      }
    }
    return after;
  }

  void keep(Place& place) {
    const auto& container = *place.instance.current;
    place.container = container.name;
    const bool runs = container.state == "running" || container.state == "restarting";
    place.start = !runs && !is_done(container);
    if (runs) place.restart_cause = renewed_dependency(*place.instance.service);
    if (container.state == "paused") place.restart_cause = "it is paused";
    if (!place.start && place.restart_cause.empty() && place.instance.old.empty() &&
        container.name == place.instance.name)
      plan_.unchanged.push_back(place.instance.subject());
    place.start = place.start || !place.restart_cause.empty();
    place.is_new = !place.instance.old.empty();
  }

  // A job that others wait for and that has ended well is not run again.
  bool is_done(const ObservedContainer& container) const {
    return container.state == "exited" && container.exit_code == 0 &&
           project::is_awaited_job(project_, container.service);
  }

  std::string renewed_dependency(const project::Service& service) const {
    for (const auto& dependency : service.dependencies) {
      const auto other = places_.find(dependency.service);
      if (dependency.restart && other != places_.end() && is_renewed(other->second))
        return dependency.service + " has a new container";
    }
    return "";
  }

  void create(Place& place) {
    const auto& instance = place.instance;
    const auto& service = *instance.service;
    const bool name_taken =
        std::ranges::any_of(instance.old, [&](const auto* old) { return old->name == instance.name; });
    const bool temporary_taken =
        std::ranges::any_of(instance.old, [&](const auto* old) { return old->name == instance.name + "-next"; });
    place.container = name_taken ? instance.name + "-next" : instance.name;
    place.is_new = !instance.old.empty();
    place.start = true;
    place.start_first = place.is_new && starts_first(service);
    Indices after = with(others_of(service), twins_);
    if (name_taken && temporary_taken) after = with(after, remove_named(place, instance.name + "-next"));
    Indices image;
    if (const auto got = images_.find(service.image); got != images_.end()) image.push_back(got->second);
    const auto volumes = secret_volumes(project_, service, image_of(service), observed_);
    for (const auto& volume : volumes) used_secrets_.insert(volume.name);
    auto wanted = container_body(project_, service, volumes, salt_for(observed_.entropy, "container " + instance.name));
    settle_number(wanted, instance);
    auto& [body, connect] = wanted;
    label_anonymous_volumes(body, image_of(service).config.get());
    if (!options_.renew_anonymous_volumes) inherit_volumes(body, instance.old);
    const auto verdict = place.is_new ? Verdict::recreate : Verdict::create;
    after = with(std::move(after), footing_.of(service, volumes, instance.cause, with(image, leftovers_)));
    after = with(std::move(after), image);
    CreateContainer work{service.name,       place.container,
                         std::move(body),    service.spec.platform.value_or(""),
                         std::move(connect), copied_files(service, image_of(service))};
    place.made.push_back(add(std::move(work), instance.cause, std::move(after), verdict));
  }

  // The two must be able to run beside each other.
  static bool starts_first(const project::Service& service) {
    const auto& deploy = service.spec.deploy;
    const bool asked = deploy && deploy->update_config && deploy->update_config->order == "start-first";
    return asked && fixed_host_ports(service).empty() &&
           std::ranges::none_of(service.spec.networks,
                                [](const auto& use) { return use.value.ipv4_address.has_value(); });
  }

  // One that an interrupted run left under the name that the next one needs.
  Indices remove_named(Place& place, const std::string& name) {
    const auto found = std::ranges::find(place.instance.old, name, &ObservedContainer::name);
    const auto& container = **found;
    place.instance.old.erase(found);
    const Cause cause{"left by an earlier run"};
    return {add(RemoveContainer{container.service, container.name, true}, cause,
                stop_old(container, cause, {}, Verdict::none))};
  }

  // ---- ports that go from one service to another
  // The holder is stopped at once, not when its own successor can start: the two might wait for each other.
  void hand_over_ports(Place& taker) {
    if (!taker.start) return;
    for (const auto& port : fixed_host_ports(*taker.instance.service)) {
      const auto [first, last] = holders_.equal_range(port);
      for (auto one = first; one != last; ++one) {
        auto& holder = places_[one->second.first][one->second.second];
        if (&holder == &taker) continue;
        stop_all(holder, holder.made);
        taker.made.insert(taker.made.end(), holder.stopped.begin(), holder.stopped.end());
      }
      if (const auto found = freed_.find(port); found != freed_.end())
        taker.made.insert(taker.made.end(), found->second.begin(), found->second.end());
    }
  }

  void stop_all(Place& place, const Indices& after) {
    if (!place.stopped.empty()) return;
    for (const auto* old : place.instance.old) {
      const auto verdict = place.instance.current ? Verdict::remove : Verdict::none;
      const auto stops = stop_old(*old, place.instance.cause, after, verdict);
      place.stopped.insert(place.stopped.end(), stops.begin(), stops.end());
    }
  }

  // ---- starts, in the order of the graph
  void start(const project::Service& service) {
    for (auto& place : places_[service.name]) {
      if (!place.start) {
        take_name(place, replace(place, {}));
        continue;
      }
      Indices after = with(with(dependencies_of(service), place.made), twins_);
      if (!place.restart_cause.empty()) {
        after = {add(StopContainer{service.name, place.container}, {place.restart_cause}, std::move(after),
                     Verdict::restart)};
      }
      if (!place.start_first) {
        const auto gone = replace(place, after);
        after.insert(after.end(), gone.begin(), gone.end());
        const auto named = take_name(place, after);
        after.insert(after.end(), named.begin(), named.end());
      }
      place.started = add(StartContainer{service.name, place.container}, start_cause(place), std::move(after),
                          place.instance.current && place.restart_cause.empty() ? Verdict::start : Verdict::none);
      for (auto& hook : hooks_of(service, "post_start", place.container))
        place.started = add(std::move(hook), {}, {*place.started});
      if (place.start_first) {
        const auto ready = await(place, "ready", true);
        take_name(place, replace(place, {ready}));
      }
    }
  }

  static Cause start_cause(const Place& place) {
    if (!place.instance.current || !place.restart_cause.empty()) return {};
    return place.instance.old.empty() ? Cause{"it is stopped"} : place.instance.cause;
  }

  // Stops the old ones after `after` and puts them out of the way; the actions after which their name is free.
  Indices replace(Place& place, const Indices& after) {
    stop_all(place, after);
    Indices gone;
    for (const auto* old : place.instance.old) {
      const bool has_name = old->name == place.instance.name;
      if (options_.keep_replaced) {
        replaced_.emplace_back(old, has_name ? old->name + "-old" : old->name);
        if (has_name)
          gone.push_back(
              add(RenameContainer{old->service, old->name, old->name + "-old"}, {}, with(after, place.stopped)));
      } else {
        gone.push_back(remove_old(*old, old->name, place.instance.cause, with(after, place.stopped),
                                  place.instance.current && !old->is_up() ? Verdict::remove : Verdict::none));
      }
    }
    return gone;
  }

  // With its anonymous volumes where they are not handed on. Those that it had from a predecessor have names for the
  // engine, which removes only its own.
  std::size_t remove_old(const ObservedContainer& old, const std::string& name, const Cause& cause, Indices after,
                         Verdict verdict) {
    const bool renew = options_.renew_anonymous_volumes;
    const auto removed = add(RemoveContainer{old.service, name, renew}, cause, std::move(after), verdict);
    if (renew) {
      for (const auto& volume : old.anonymous) add(RemoveVolume{volume.name}, {"renewed"}, {removed});
    }
    return removed;
  }

  // The container's own name, where it was made under another.
  Indices take_name(Place& place, const Indices& after) {
    if (place.container == place.instance.name) return {};
    const bool kept = place.instance.current != nullptr && place.instance.old.empty();
    const auto renamed = add(RenameContainer{place.instance.service->name, place.container, place.instance.name},
                             kept ? Cause{fmt::format("name {} → {}", place.container, place.instance.name)} : Cause{},
                             after, kept ? Verdict::rename : Verdict::none);
    return {renamed};
  }

  Indices dependencies_of(const project::Service& service) {
    Indices after;
    for (const auto& dependency : service.dependencies) {
      const auto other = places_.find(dependency.service);
      if (other == places_.end()) continue;
      for (auto& place : other->second) {
        if (dependency.condition != "service_started") {
          after.push_back(await(place, dependency.condition, dependency.required));
        } else if (place.started) {
          after.push_back(*place.started);
        }
      }
    }
    return after;
  }

  // ---- waits
  std::size_t await(Place& place, const std::string& condition, bool required) {
    const auto key = condition + (required ? "" : optional);
    if (const auto found = place.awaited.find(key); found != place.awaited.end()) return found->second;
    Indices after;
    if (place.started) after.push_back(*place.started);
    return place.awaited[key] = add(AwaitService{place.instance.service->name, place.container, condition, required},
                                    {}, std::move(after));
  }

  void await_all() {
    if (options_.wait == Wait::none) return;
    for (const auto& service : project_.services) {
      if (!wanted_.contains(service.name)) continue;
      for (auto& place : places_[service.name]) {
        if (!is_seen_ready(place)) await(place, options_.wait == Wait::engine ? "engine_healthy" : "ready", true);
      }
    }
  }

  // Others wait for it already; or the photograph suffices, as for what ran before, is left as it is and has no probe
  // of ours.
  bool is_seen_ready(const Place& place) const {
    if (options_.wait == Wait::ready && place.awaited.contains("service_healthy")) return true;
    if (options_.wait == Wait::ready && place.awaited.contains("service_completed_successfully")) return true;
    // The stack does without it.
    if (std::ranges::any_of(place.awaited, [](const auto& wait) { return wait.first.ends_with(optional); }))
      return true;
    const auto* container = place.instance.current;
    if (!container || place.started || container->state != "running" || place.instance.service->spec.ready)
      return false;
    return container->health == "healthy" || (container->health.empty() && !container->fresh);
  }

  // Everything that this plan waits for or starts.
  Indices everything_up() const {
    Indices all;
    for (const auto& [name, places] : places_) {
      for (const auto& place : places) {
        if (place.started) all.push_back(*place.started);
        for (const auto& [condition, index] : place.awaited) all.push_back(index);
      }
    }
    return all;
  }

  // ---- what has waited for everything to be ready
  void remove_replaced() {
    if (replaced_.empty()) return;
    const auto after = everything_up();
    for (const auto& [container, name] : replaced_) remove_old(*container, name, {"replaced"}, after, Verdict::none);
  }

  // Secret volumes that no container mounts any more once those that go have gone.
  void remove_unused_secrets() {
    std::set<std::string, std::less<>> going;  // names of containers
    auto after = everything_up();
    for (std::size_t i = 0; i < plan_.actions.size(); ++i) {
      const auto* removal = std::get_if<RemoveContainer>(&plan_.actions[i].work);
      if (!removal) continue;
      going.insert(removal->container);
      after.push_back(i);
    }
    for (const auto& container : observed_.containers) {
      if (!going.contains(container.name)) used_secrets_.insert(container.volumes.begin(), container.volumes.end());
    }
    for (const auto& volume : observed_.secret_volumes) {
      if (!used_secrets_.contains(volume))
        add(RemoveVolume{volume, true}, {"no container uses its secrets"}, after, Verdict::remove);
    }
  }

  const project::Project& project_;
  const Observed& observed_;
  const UpOptions& options_;
  std::map<std::string, const project::Service*, std::less<>> services_;
  std::set<std::string, std::less<>> wanted_;
  Draft draft_;
  Plan& plan_ = draft_.plan;
  Footing footing_{draft_, project_, observed_};
  std::vector<ChangedNetwork> changed_;
  std::map<std::string, Indices> stopped_early_;  // container id → its stop, before its network is replaced
  std::map<std::string, std::size_t> images_;     // missing ones → the action that gets them
  std::set<std::string, std::less<>> used_secrets_;
  Indices leftovers_;  // the actions that remove them
  Indices twins_;      // likewise: a name that two networks have is none
  std::map<std::string, std::vector<Place>> places_;
  std::multimap<std::string, std::pair<std::string, std::size_t>> holders_;  // host port → its place until now
  std::map<std::string, Indices> freed_;  // host port → what must be done before it is free
  std::vector<std::pair<const ObservedContainer*, std::string>> replaced_;  // with the name they have until they go
};

}  // namespace

Result<Plan> plan_up(const project::Project& project, const Observed& observed, const UpOptions& options) {
  auto names = project::with_dependencies(project, options.services);
  if (!names) return std::unexpected(names.error());
  if (options.no_dependencies && !options.services.empty()) names = options.services;
  return UpPlanner(project, observed, options).make(*names);
}

Result<Plan> plan_recreate(const project::Project& project, const Observed& observed, const std::string& service) {
  UpOptions options;
  options.services = {service};
  options.no_dependencies = true;
  options.force_recreate = true;
  options.wait = Wait::engine;
  options.keep_networks = true;
  for (const auto& container : observed.containers) {
    if (container.service == service) options.scale[service] = std::max(options.scale[service], container.number);
  }
  if (options.scale[service] == 0) options.scale[service] = 1;
  return plan_up(project, observed, options);
}

}  // namespace saasctl::plan
