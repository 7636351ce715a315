// A plan while it is made: actions are added one by one, each after those that it waits for.
#pragma once

#include <cstddef>
#include <vector>

#include "plan/plan.hpp"

namespace saasctl::plan {

using Indices = std::vector<std::size_t>;

// `some`, then `more`.
inline Indices with(Indices some, const Indices& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

class PlanBuilder {
 public:
  // The new action's index. Waits alone are no changes; `after` may name an action more than once.
  std::size_t add(Work work, const Cause& cause, Indices after, ResourceChange verdict = ResourceChange::none);

  // The stop of a container that runs, after its pre_stop hooks; empty when it does not run. `service` is null for a
  // container of no service in the file.
  Indices stop(const project::Service* service, const ObservedContainer& container, const Cause& cause, Indices after,
               ResourceChange verdict);

  Plan plan;
};

}  // namespace saasctl::plan
