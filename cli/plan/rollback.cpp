#include <fmt/format.h>
#include <algorithm>

#include "plan/engine_values.hpp"
#include "plan/plan.hpp"

namespace saasctl::plan {
namespace {

class Rollback {
 public:
  Rollback(const ObservedState& before, const ObservedState& now) : before_(before), now_(now) {}

  Plan make() {
    for (const auto& container : now_.containers) plan_.ids[container.name] = container.id;
    for (const auto& container : now_.containers) {
      // One that has failed is kept to be looked at; the next `up` removes it.
      const bool failed_step = !container.hook.empty() && container.state == "exited";
      if (!find(before_, container.id) && !failed_step) remove(container);
    }
    restore_networks();
    for (const auto& container : before_.containers) restore(container);
    for (const auto& volume : now_.secret_volumes) {
      if (std::ranges::find(before_.secret_volumes, volume) == before_.secret_volumes.end())
        add(RemoveVolume{volume, true}, gone_, ResourceChange::remove);
    }
    return std::move(plan_);
  }

 private:
  static const ObservedContainer* find(const ObservedState& observed, const std::string& id) {
    const auto found = std::ranges::find(observed.containers, id, &ObservedContainer::id);
    return found == observed.containers.end() ? nullptr : &*found;
  }

  std::size_t add(Work work, std::vector<std::size_t> after, ResourceChange verdict = ResourceChange::none) {
    plan_.changes = true;
    plan_.actions.push_back({std::move(work), "rolled back", std::move(after), {}, verdict});
    return plan_.actions.size() - 1;
  }

  void remove(const ObservedContainer& container) {
    std::vector<std::size_t> after;
    if (container.is_up()) after.push_back(add(StopContainer{container.service, container.name}, {}));
    // Its own anonymous volumes go too. Those that it inherited have names for the engine, which keeps them.
    gone_.push_back(
        add(RemoveContainer{container.service, container.name, true}, std::move(after), ResourceChange::remove));
  }

  // Networks that were replaced meanwhile: containers of before look for them by id or address.
  void restore_networks() {
    for (const auto& [name, body] : before_.network_bodies) {
      const auto then = before_.networks.find(name), now = now_.networks.find(name);
      if (then == before_.networks.end() || (now != now_.networks.end() && now->second == then->second)) continue;
      const bool missing = now == now_.networks.end();
      const auto restored = missing
                                ? add(CreateNetwork{name, body}, gone_, ResourceChange::create)
                                : add(ReplaceNetwork{name, now->second, body, body}, gone_, ResourceChange::recreate);
      restored_.push_back({name, restored});
    }
  }

  // After what is gone and, where a network of the container was created again, after it is attached to that.
  std::vector<std::size_t> reattached(const ObservedContainer& then, const ObservedContainer& now) {
    auto after = gone_;
    for (const auto& [network, action] : restored_) {
      if (std::ranges::find(then.networks, network) == then.networks.end()) continue;
      after.push_back(action);
      if (!now.is_up())
        after = {add(ReattachContainer{now.service, now.name, network, endpoint_of(then, network)}, std::move(after))};
    }
    return after;
  }

  // What the user asked for; the rest is the engine's own.
  static Json endpoint_of(const ObservedContainer& container, const std::string& network) {
    Json out = Json::object();
    if (!container.inspected) return out;
    const auto& then = member(member(member(*container.inspected, "NetworkSettings"), "Networks"), network);
    for (const auto* key : {"IPAMConfig", "Links", "Aliases", "DriverOpts"}) {
      if (!is_empty(member(then, key))) out[key] = member(then, key);
    }
    // The engine adds the beginning of the id itself.
    if (out.contains("Aliases")) std::erase(out["Aliases"].get_ref<Json::array_t&>(), Json(container.id.substr(0, 12)));
    return out;
  }

  // Names and host ports of the new ones must be free before.
  void restore(const ObservedContainer& then) {
    const auto* now = find(now_, then.id);
    if (!now) {
      plan_.notes.push_back(fmt::format("{} is removed and does not come back", then.name));
      return;
    }
    auto after = reattached(then, *now);
    if (now->name != then.name)
      after = {add(RenameContainer{now->service, now->name, then.name}, std::move(after), ResourceChange::rename)};
    if (then.is_up() && !now->is_up())
      add(StartContainer{now->service, now->name}, std::move(after), ResourceChange::start);
    if (!then.is_up() && now->is_up())
      add(StopContainer{now->service, now->name}, std::move(after), ResourceChange::stop);
  }

  const ObservedState& before_;
  const ObservedState& now_;
  Plan plan_;
  std::vector<std::size_t> gone_;
  std::vector<std::pair<std::string, std::size_t>> restored_;  // network → the action
};

}  // namespace

Plan plan_rollback(const ObservedState& before, const ObservedState& now) {
  return Rollback(before, now).make();
}

}  // namespace saasctl::plan
