#include <fmt/format.h>
#include <algorithm>

#include "plan/plan.hpp"

namespace saasctl::plan {
namespace {

class Rollback {
 public:
  Rollback(const Observed& before, const Observed& now) : before_(before), now_(now) {}

  Plan make() {
    for (const auto& container : now_.containers) plan_.ids[container.name] = container.id;
    for (const auto& container : now_.containers) {
      if (!find(before_, container.id)) remove(container);
    }
    for (const auto& container : before_.containers) restore(container);
    return std::move(plan_);
  }

 private:
  static const ObservedContainer* find(const Observed& observed, const std::string& id) {
    const auto found = std::ranges::find(observed.containers, id, &ObservedContainer::id);
    return found == observed.containers.end() ? nullptr : &*found;
  }

  std::size_t add(Work work, std::vector<std::size_t> after, Verdict verdict = Verdict::none) {
    plan_.changes = true;
    plan_.actions.push_back({std::move(work), "rolled back", std::move(after), {}, verdict});
    return plan_.actions.size() - 1;
  }

  void remove(const ObservedContainer& container) {
    std::vector<std::size_t> after;
    if (container.is_up()) after.push_back(add(StopContainer{container.service, container.name}, {}));
    gone_.push_back(add(RemoveContainer{container.service, container.name}, std::move(after), Verdict::remove));
  }

  // Names and host ports of the new ones must be free before.
  void restore(const ObservedContainer& then) {
    const auto* now = find(now_, then.id);
    if (!now) {
      plan_.notes.push_back(fmt::format("{} is removed and does not come back", then.name));
      return;
    }
    auto after = gone_;
    if (now->name != then.name)
      after = {add(RenameContainer{now->service, now->name, then.name}, std::move(after), Verdict::rename)};
    if (then.is_up() && !now->is_up()) add(StartContainer{now->service, now->name}, std::move(after), Verdict::start);
    if (!then.is_up() && now->is_up()) add(StopContainer{now->service, now->name}, std::move(after), Verdict::stop);
  }

  const Observed& before_;
  const Observed& now_;
  Plan plan_;
  std::vector<std::size_t> gone_;
};

}  // namespace

Plan plan_rollback(const Observed& before, const Observed& now) {
  return Rollback(before, now).make();
}

}  // namespace saasctl::plan
