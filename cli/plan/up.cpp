#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "plan/container_body.hpp"
#include "plan/drift.hpp"
#include "plan/hooks.hpp"
#include "plan/labels.hpp"
#include "plan/plan_builder.hpp"
#include "plan/preflight.hpp"
#include "plan/prerequisites.hpp"
#include "plan/record.hpp"
#include "plan/renewal.hpp"
#include "plan/replica_body.hpp"
#include "plan/replicas.hpp"
#include "plan/resource_body.hpp"
#include "project/order.hpp"
#include "stack/implied.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

// What the waits are called that nobody insists on.
constexpr auto optional = " if it can be had";

// A container's way through the plan.
struct ReplicaPlan {
  Replica replica;
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
  UpPlanner(const project::Project& project, const ObservedState& observed, const UpOptions& options)
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
    if (auto known = preflight(project_, observed_, options_, wanted_); !known) return std::unexpected(known.error());
    plan_.notes = find_drift(project_, observed_, changed_.empty());
    get_images();
    remove_leftovers();
    replace_networks();
    remove_surplus();
    for (const auto& service : project_.services) {
      if (wanted_.contains(service.name) && stack::sharing(service.spec).empty()) replica_plan(service);
    }
    for (auto& [name, replica_plans] : replicas_) {
      for (auto& replica_plan : replica_plans) hand_over_ports(replica_plan);
    }
    for (const auto& service : project_.services) {
      if (!wanted_.contains(service.name)) continue;
      if (!stack::sharing(service.spec).empty()) {
        replica_plan(service);
        for (auto& replica_plan : replicas_[service.name]) hand_over_ports(replica_plan);
      }
      if (!options_.no_start) start(service);
    }
    if (!options_.no_start) await_all();
    remove_replaced();
    remove_unused_secrets();
    return std::move(plan_);
  }

 private:
  std::size_t add(Work work, const Cause& cause, Indices after, ResourceChange verdict = ResourceChange::none) {
    return builder_.add(std::move(work), cause, std::move(after), verdict);
  }

  // ---- images
  // For display alone: an executed plan has all images.
  void get_images() {
    for (const auto& service : project_.services) {
      if (!wanted_.contains(service.name) || replicas_of(service, options_) == 0) continue;
      for (const auto* one : project::with_steps(service)) get_image(*one);
    }
  }

  void get_image(const project::Service& service) {
    if (observed_.images.contains(service.image) || images_.contains(service.image)) return;
    const bool build = !may_pull(service);
    const Cause cause{build           ? "never built"
                      : service.build ? "not on the engine; built here if it cannot be pulled"
                                      : "not on the engine"};
    images_[service.image] = add(GetImage{service.name, service.image, build}, cause, {},
                                 build ? ResourceChange::build : ResourceChange::pull);
  }

  Indices image_got(const project::Service& service) const {
    const auto got = images_.find(service.image);
    return got == images_.end() ? Indices{} : Indices{got->second};
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
      prerequisites_.replaced(
          network->key, add(ReplaceNetwork{network->name, observed_.networks.at(network->name), std::move(bodies[i]),
                                           observed_.network_bodies.at(network->name)},
                            cause, std::move(after), ResourceChange::recreate));
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
          const auto stopped = stop_old(*user, cause, after, ResourceChange::none);
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
    for (const auto& duplicate : observed_.duplicate_networks)
      duplicates_.push_back(add(RemoveNetwork{duplicate}, {"made twice"}, {}, ResourceChange::remove));
    for (const auto& network : project_.networks) {
      const auto probe = network.name + std::string(probe_suffix);
      if (std::ranges::find(observed_.project_networks, probe) != observed_.project_networks.end())
        add(RemoveNetwork{probe}, {"left by an earlier run"}, {}, ResourceChange::remove);
    }
    for (const auto& container : observed_.containers) {
      const bool helper = container.one_off && container.model.empty() && container.state == "created" &&
                          container.name.ends_with("-secrets");
      if (helper)
        leftovers_.push_back(add(RemoveContainer{container.service, container.name, true}, {"left by an earlier run"},
                                 {}, ResourceChange::remove));
    }
  }

  void remove_surplus() {
    for (const auto& service : project_.services) {
      if (!wanted_.contains(service.name)) continue;
      const auto replicas = replicas_of(service, options_);
      for (const auto* container : surplus_of(observed_, service.name, replicas))
        stop_and_remove(*container, {fmt::format("{} is scaled to {}", service.name, replicas)},
                        ResourceChange::remove);
    }
    const auto orphans = orphans_of(project_, observed_);
    std::vector<std::string> names;
    for (const auto* orphan : orphans) {
      names.push_back(orphan->name);
      if (options_.remove_orphans) stop_and_remove(*orphan, {"--remove-orphans"}, ResourceChange::remove);
    }
    if (!names.empty() && !options_.remove_orphans) {
      plan_.notes.push_back(fmt::format("left alone: {}, of no service in the file; --remove-orphans removes {}",
                                        join(names, ", "), names.size() == 1 ? "it" : "them"));
    }
  }

  void stop_and_remove(const ObservedContainer& container, const Cause& cause, ResourceChange verdict) {
    Indices after = stop_old(container, cause, {}, verdict);
    const auto removed = add(RemoveContainer{container.service, container.name}, cause, after,
                             after.empty() ? verdict : ResourceChange::none);
    for (const auto& port : container.ports) freed_[port.key()].push_back(after.empty() ? removed : after.back());
  }

  Indices stop_old(const ObservedContainer& container, const Cause& cause, Indices after, ResourceChange verdict) {
    if (const auto early = stopped_early_.find(container.id); early != stopped_early_.end()) return early->second;
    const auto service = services_.find(container.service);
    return builder_.stop(service == services_.end() ? nullptr : service->second, container, cause, std::move(after),
                         verdict);
  }

  // ---- what is made up front
  void replica_plan(const project::Service& service) {
    auto& replica_plans = replicas_[service.name];
    for (auto& replica : match_replicas(project_, observed_, service, replicas_of(service, options_), options_)) {
      ReplicaPlan replica_plan{std::move(replica), {}};
      part_from_renewed(replica_plan.replica);
      part_from_changed_network(replica_plan.replica);
      if (replica_plan.replica.current) {
        keep(replica_plan);
      } else {
        create(replica_plan);
      }
      for (const auto* old_one : replica_plan.replica.old) {
        for (const auto& port : old_one->ports)
          holders_.emplace(port.key(), std::pair(service.name, replica_plans.size()));
      }
      replica_plans.push_back(std::move(replica_plan));
    }
  }

  // One that lives in the name spaces or with the volumes of a container that is replaced cannot go on.
  void part_from_renewed(Replica& replica) {
    if (!replica.current) return;
    for (const auto& name : stack::sharing(replica.service->spec)) {
      const auto other = replicas_.find(name);
      if (other == replicas_.end()) continue;
      const bool apart = shares_name_space(*replica.service, name) && is_apart(*replica.current, other->second);
      if (!is_renewed(other->second) && !apart) continue;
      replica.old.insert(replica.old.begin(), std::exchange(replica.current, nullptr));
      replica.cause = {name + " has a new container"};
      return;
    }
  }

  void part_from_changed_network(Replica& replica) {
    if (!replica.current) return;
    const auto* changed = changed_network_of(changed_, *replica.current);
    if (!changed) return;
    replica.old.insert(replica.old.begin(), std::exchange(replica.current, nullptr));
    replica.cause = {fmt::format("network {} is created again", changed->network->name)};
  }

  // A container in place of an earlier one, or of one that has gone.
  static bool is_renewed(const std::vector<ReplicaPlan>& replica_plans) {
    return std::ranges::any_of(replica_plans, &ReplicaPlan::is_new) ||
           std::ranges::none_of(replica_plans,
                                [](const ReplicaPlan& replica_plan) { return replica_plan.replica.current; });
  }

  static bool shares_name_space(const project::Service& service, const std::string& other) {
    const auto& spec = service.spec;
    return std::ranges::any_of(std::array{&spec.network_mode, &spec.ipc, &spec.pid},
                               [&](const auto* mode) { return stack::service_of(mode->value_or("")) == other; });
  }

  // It lives with a container that is none of these any more.
  static bool is_apart(const ObservedContainer& container, const std::vector<ReplicaPlan>& others) {
    return !container.namespace_peers.empty() && std::ranges::none_of(others, [&](const ReplicaPlan& other) {
      return other.replica.current &&
             std::ranges::find(container.namespace_peers, other.replica.current->id) != container.namespace_peers.end();
    });
  }

  // What must be done before a container can be made that lives with others: they have their names once they start.
  Indices others_of(const project::Service& service) const {
    Indices after;
    for (const auto& name : stack::sharing(service.spec)) {
      const auto other = replicas_.find(name);
      if (other == replicas_.end()) continue;
      for (const auto& replica_plan : other->second) {
        if (replica_plan.started) after.push_back(*replica_plan.started);
        after.insert(after.end(), replica_plan.made.begin(), replica_plan.made.end());
      }
    }
    return after;
  }

  void keep(ReplicaPlan& replica_plan) {
    const auto& container = *replica_plan.replica.current;
    replica_plan.container = container.name;
    const bool runs = container.state == "running" || container.state == "restarting";
    replica_plan.start = !runs && !is_done(container);
    if (runs) replica_plan.restart_cause = renewed_dependency(*replica_plan.replica.service);
    if (container.state == "paused") replica_plan.restart_cause = "it is paused";
    if (!replica_plan.start && replica_plan.restart_cause.empty() && replica_plan.replica.old.empty() &&
        container.name == replica_plan.replica.name)
      plan_.unchanged.push_back(replica_plan.replica.subject());
    replica_plan.start = replica_plan.start || !replica_plan.restart_cause.empty();
    replica_plan.is_new = !replica_plan.replica.old.empty();
  }

  // A job that others wait for and that has ended well is not run again.
  bool is_done(const ObservedContainer& container) const {
    return container.state == "exited" && container.exit_code == 0 &&
           project::is_awaited_job(project_, container.service);
  }

  std::string renewed_dependency(const project::Service& service) const {
    for (const auto& dependency : service.dependencies) {
      const auto other = replicas_.find(dependency.service);
      if (dependency.restart && other != replicas_.end() && is_renewed(other->second))
        return dependency.service + " has a new container";
    }
    return "";
  }

  void create(ReplicaPlan& replica_plan) {
    const auto& replica = replica_plan.replica;
    const auto& service = *replica.service;
    const bool name_taken =
        std::ranges::any_of(replica.old, [&](const auto* old) { return old->name == replica.name; });
    const bool temporary_taken =
        std::ranges::any_of(replica.old, [&](const auto* old) { return old->name == replica.name + "-next"; });
    replica_plan.container = name_taken ? replica.name + "-next" : replica.name;
    replica_plan.is_new = !replica.old.empty();
    replica_plan.start = true;
    replica_plan.start_first = replica_plan.is_new && starts_first(service);
    Indices after = with(others_of(service), duplicates_);
    if (name_taken && temporary_taken) after = with(after, remove_named(replica_plan, replica.name + "-next"));
    const auto image = image_got(service);
    const auto volumes = secret_volumes(project_, service, image_of(service), observed_);
    for (const auto& volume : volumes) used_secrets_.insert(volume.name);
    auto wanted = container_body(project_, service, volumes, salt_for(observed_.entropy, "container " + replica.name));
    settle_number(wanted, replica);
    auto& [body, connect] = wanted;
    label_anonymous_volumes(body, image_of(service).config.get());
    if (!options_.renew_anonymous_volumes) inherit_volumes(body, replica.old);
    const auto verdict = replica_plan.is_new ? ResourceChange::recreate : ResourceChange::create;
    after =
        with(std::move(after), prerequisites_.actions_for(service, volumes, replica.cause, with(image, leftovers_)));
    after = with(std::move(after), image);
    CreateContainer work{service.name,       replica_plan.container,
                         std::move(body),    service.spec.platform.value_or(""),
                         std::move(connect), copied_files(service, image_of(service))};
    replica_plan.made.push_back(add(std::move(work), replica.cause, std::move(after), verdict));
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
  Indices remove_named(ReplicaPlan& replica_plan, const std::string& name) {
    const auto found = std::ranges::find(replica_plan.replica.old, name, &ObservedContainer::name);
    const auto& container = **found;
    replica_plan.replica.old.erase(found);
    const Cause cause{"left by an earlier run"};
    return {add(RemoveContainer{container.service, container.name, true}, cause,
                stop_old(container, cause, {}, ResourceChange::none))};
  }

  // ---- ports that go from one service to another
  // The holder is stopped at once, not when its own successor can start: the two might wait for each other.
  void hand_over_ports(ReplicaPlan& taker) {
    if (!taker.start) return;
    for (const auto& port : fixed_host_ports(*taker.replica.service)) {
      const auto [first, last] = holders_.equal_range(port);
      for (auto one = first; one != last; ++one) {
        auto& holder = replicas_[one->second.first][one->second.second];
        if (&holder == &taker) continue;
        stop_all(holder, holder.made);
        taker.made.insert(taker.made.end(), holder.stopped.begin(), holder.stopped.end());
      }
      if (const auto found = freed_.find(port); found != freed_.end())
        taker.made.insert(taker.made.end(), found->second.begin(), found->second.end());
    }
  }

  void stop_all(ReplicaPlan& replica_plan, const Indices& after) {
    if (!replica_plan.stopped.empty()) return;
    for (const auto* old : replica_plan.replica.old) {
      const auto verdict = replica_plan.replica.current ? ResourceChange::remove : ResourceChange::none;
      const auto stops = stop_old(*old, replica_plan.replica.cause, after, verdict);
      replica_plan.stopped.insert(replica_plan.stopped.end(), stops.begin(), stops.end());
    }
  }

  // ---- starts, in the order of the graph
  void start(const project::Service& service) {
    auto& replica_plans = replicas_[service.name];
    const bool idle = std::ranges::none_of(replica_plans, stays_up);
    const auto old = idle ? remove_old_steps(service) : Indices{};
    bool first = idle;
    Indices prepared;
    for (auto& replica_plan : replica_plans) {
      if (!replica_plan.start) {
        take_name(replica_plan, replace(replica_plan, {}));
        continue;
      }
      Indices after = with(with(dependencies_of(service), replica_plan.made), duplicates_);
      if (!replica_plan.restart_cause.empty()) {
        after = {add(StopContainer{service.name, replica_plan.container}, {replica_plan.restart_cause},
                     std::move(after), ResourceChange::restart)};
      }
      if (!replica_plan.start_first) {
        const auto gone = replace(replica_plan, after);
        after.insert(after.end(), gone.begin(), gone.end());
        const auto named = take_name(replica_plan, after);
        after.insert(after.end(), named.begin(), named.end());
      }
      if (std::exchange(first, false)) prepared = run_steps(service, replica_plan, with(after, old));
      after = with(std::move(after), prepared);
      replica_plan.started =
          add(StartContainer{service.name, replica_plan.container}, start_cause(replica_plan), std::move(after),
              replica_plan.replica.current && replica_plan.restart_cause.empty() ? ResourceChange::start
                                                                                 : ResourceChange::none);
      for (auto& hook : hooks_of(service, "post_start", replica_plan.container))
        replica_plan.started = add(std::move(hook), {}, {*replica_plan.started});
      if (replica_plan.start_first) {
        const auto ready = await(replica_plan, "ready", true);
        take_name(replica_plan, replace(replica_plan, {ready}));
      }
    }
  }

  // ---- pre_start
  // Such a container has what pre_start does done, whatever becomes of its siblings. Source: docker/compose v5.6,
  // pkg/compose/reconcile.go, startPhaseReplicas.
  static bool stays_up(const ReplicaPlan& replica_plan) {
    const auto* container = replica_plan.replica.current;
    return container && container->is_up() && (!replica_plan.start || container->state == "paused");
  }

  Indices remove_old_steps(const project::Service& service) {
    Indices removals;
    for (auto& removal : old_steps(observed_.containers, service.name))
      removals.push_back(add(std::move(removal), {"left by an earlier run"}, {}, ResourceChange::remove));
    return removals;
  }

  // One after the other, with the volumes of the container that starts first; the last of them.
  Indices run_steps(const project::Service& service, const ReplicaPlan& replica_plan, Indices after) {
    const auto& target = replica_plan.start_first ? replica_plan.container : replica_plan.replica.name;
    for (const auto& step : service.pre_start) {
      const auto run = step_run(step);
      const Cause cause{run.when};
      const auto& image = image_of(step);
      const auto volumes = secret_volumes(project_, step, image, observed_);
      for (const auto& volume : volumes) used_secrets_.insert(volume.name);
      after = with(std::move(after), image_got(step));
      after = with(after, prerequisites_.actions_for(step, volumes, cause, with(after, leftovers_)));
      const auto made = add(step_container(project_, step, volumes, image, target), cause, std::move(after));
      after = {add(run, {}, {made})};
      for (const auto& volume : volumes) add(RemoveVolume{volume.name, true}, {"pre_start is done"}, after);
    }
    return after;
  }

  static Cause start_cause(const ReplicaPlan& replica_plan) {
    if (!replica_plan.replica.current || !replica_plan.restart_cause.empty()) return {};
    return replica_plan.replica.old.empty() ? Cause{"it is stopped"} : replica_plan.replica.cause;
  }

  // Stops the old ones after `after` and puts them out of the way; the actions after which their name is free.
  Indices replace(ReplicaPlan& replica_plan, const Indices& after) {
    stop_all(replica_plan, after);
    Indices gone;
    for (const auto* old : replica_plan.replica.old) {
      const bool has_name = old->name == replica_plan.replica.name;
      if (options_.keep_replaced) {
        replaced_.emplace_back(old, has_name ? old->name + "-old" : old->name);
        if (has_name)
          gone.push_back(
              add(RenameContainer{old->service, old->name, old->name + "-old"}, {}, with(after, replica_plan.stopped)));
      } else {
        gone.push_back(
            remove_old(*old, old->name, replica_plan.replica.cause, with(after, replica_plan.stopped),
                       replica_plan.replica.current && !old->is_up() ? ResourceChange::remove : ResourceChange::none));
      }
    }
    return gone;
  }

  // With its anonymous volumes where they are not handed on. Those that it had from a predecessor have names for the
  // engine, which removes only its own.
  std::size_t remove_old(const ObservedContainer& old, const std::string& name, const Cause& cause, Indices after,
                         ResourceChange verdict) {
    const bool renew = options_.renew_anonymous_volumes;
    const auto removed = add(RemoveContainer{old.service, name, renew}, cause, std::move(after), verdict);
    if (renew) {
      for (const auto& volume : old.anonymous) add(RemoveVolume{volume.name}, {"renewed"}, {removed});
    }
    return removed;
  }

  // The container's own name, where it was made under another.
  Indices take_name(ReplicaPlan& replica_plan, const Indices& after) {
    if (replica_plan.container == replica_plan.replica.name) return {};
    const bool kept = replica_plan.replica.current != nullptr && replica_plan.replica.old.empty();
    const auto renamed =
        add(RenameContainer{replica_plan.replica.service->name, replica_plan.container, replica_plan.replica.name},
            kept ? Cause{fmt::format("name {} → {}", replica_plan.container, replica_plan.replica.name)} : Cause{},
            after, kept ? ResourceChange::rename : ResourceChange::none);
    return {renamed};
  }

  Indices dependencies_of(const project::Service& service) {
    Indices after;
    for (const auto& dependency : service.dependencies) {
      const auto other = replicas_.find(dependency.service);
      if (other == replicas_.end()) continue;
      for (auto& replica_plan : other->second) {
        if (dependency.condition != "service_started") {
          after.push_back(await(replica_plan, dependency.condition, dependency.required));
        } else if (replica_plan.started) {
          after.push_back(*replica_plan.started);
        }
      }
    }
    return after;
  }

  // ---- waits
  std::size_t await(ReplicaPlan& replica_plan, const std::string& condition, bool required) {
    const auto key = condition + (required ? "" : optional);
    if (const auto found = replica_plan.awaited.find(key); found != replica_plan.awaited.end()) return found->second;
    Indices after;
    if (replica_plan.started) after.push_back(*replica_plan.started);
    return replica_plan.awaited[key] =
               add(AwaitService{replica_plan.replica.service->name, replica_plan.container, condition, required}, {},
                   std::move(after));
  }

  void await_all() {
    if (options_.wait == Wait::none) return;
    for (const auto& service : project_.services) {
      if (!wanted_.contains(service.name)) continue;
      for (auto& replica_plan : replicas_[service.name]) {
        if (!is_seen_ready(replica_plan))
          await(replica_plan, options_.wait == Wait::engine ? "engine_healthy" : "ready", true);
      }
    }
  }

  // Others wait for it already; or the snapshot suffices, as for what ran before, is left as it is and has no probe
  // of ours.
  bool is_seen_ready(const ReplicaPlan& replica_plan) const {
    if (options_.wait == Wait::ready && replica_plan.awaited.contains("service_healthy")) return true;
    if (options_.wait == Wait::ready && replica_plan.awaited.contains("service_completed_successfully")) return true;
    // The stack does without it.
    if (std::ranges::any_of(replica_plan.awaited, [](const auto& wait) { return wait.first.ends_with(optional); }))
      return true;
    const auto* container = replica_plan.replica.current;
    if (!container || replica_plan.started || container->state != "running" || replica_plan.replica.service->spec.ready)
      return false;
    return container->health == "healthy" || (container->health.empty() && !container->just_started);
  }

  // Everything that this plan waits for or starts.
  Indices everything_up() const {
    Indices all;
    for (const auto& [name, replica_plans] : replicas_) {
      for (const auto& replica_plan : replica_plans) {
        if (replica_plan.started) all.push_back(*replica_plan.started);
        for (const auto& [condition, index] : replica_plan.awaited) all.push_back(index);
      }
    }
    return all;
  }

  // ---- what has waited for everything to be ready
  void remove_replaced() {
    if (replaced_.empty()) return;
    const auto after = everything_up();
    for (const auto& [container, name] : replaced_)
      remove_old(*container, name, {"replaced"}, after, ResourceChange::none);
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
        add(RemoveVolume{volume, true}, {"no container uses its secrets"}, after, ResourceChange::remove);
    }
  }

  const project::Project& project_;
  const ObservedState& observed_;
  const UpOptions& options_;
  std::map<std::string, const project::Service*, std::less<>> services_;
  std::set<std::string, std::less<>> wanted_;
  PlanBuilder builder_;
  Plan& plan_ = builder_.plan;
  Prerequisites prerequisites_{builder_, project_, observed_};
  std::vector<ChangedNetwork> changed_;
  std::map<std::string, Indices> stopped_early_;  // container id → its stop, before its network is replaced
  std::map<std::string, std::size_t> images_;     // missing ones → the action that gets them
  std::set<std::string, std::less<>> used_secrets_;
  Indices leftovers_;   // the actions that remove them
  Indices duplicates_;  // likewise: a name that two networks have is none
  std::map<std::string, std::vector<ReplicaPlan>> replicas_;
  std::multimap<std::string, std::pair<std::string, std::size_t>> holders_;  // host port → its place until now
  std::map<std::string, Indices> freed_;  // host port → what must be done before it is free
  std::vector<std::pair<const ObservedContainer*, std::string>> replaced_;  // with the name they have until they go
};

}  // namespace

Result<Plan> plan_up(const project::Project& project, const ObservedState& observed, const UpOptions& options) {
  auto names = project::with_dependencies(project, options.services);
  if (!names) return std::unexpected(names.error());
  if (options.no_dependencies && !options.services.empty()) names = options.services;
  return UpPlanner(project, observed, options).make(*names);
}

Result<Plan> plan_recreate(const project::Project& project, const ObservedState& observed, const std::string& service) {
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
