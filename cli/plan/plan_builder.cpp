#include "plan/plan_builder.hpp"

#include <algorithm>
#include <utility>

#include "plan/hooks.hpp"

namespace saasctl::plan {

std::size_t PlanBuilder::add(Work work, const Cause& cause, Indices after, ResourceChange verdict) {
  if (!std::holds_alternative<AwaitService>(work)) plan.changes = true;
  std::ranges::sort(after);
  after.erase(std::ranges::unique(after).begin(), after.end());
  plan.actions.push_back({std::move(work), cause.text, std::move(after), cause.changes, verdict});
  return plan.actions.size() - 1;
}

Indices PlanBuilder::stop(const project::Service* service, const ObservedContainer& container, const Cause& cause,
                          Indices after, ResourceChange verdict) {
  if (!container.is_up()) return {};
  if (service && container.state == "running") {
    for (auto& hook : hooks_of(*service, "pre_stop", container.name))
      after = {add(std::move(hook), {}, std::move(after))};
  }
  return {add(StopContainer{container.service, container.name}, cause, std::move(after), verdict)};
}

}  // namespace saasctl::plan
