// Carries out a plan: one action is one engine call or one wait, and nothing is decided here.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <stop_token>
#include <string>

#include "engine/client.hpp"
#include "execute/ready.hpp"
#include "plan/plan.hpp"
#include "project/project.hpp"
#include "stack/interpolate.hpp"

namespace saasctl::execute {

// unmet: a wait that nobody insists on has failed, and the rest goes on.
enum class Phase { begun, done, failed, unmet };

// Called from several threads, one call at a time.
struct Event {
  Phase phase;
  std::size_t index;  // of the action in the plan
  std::chrono::nanoseconds duration{};
};
using Listener = std::function<void(const Event&)>;

struct ExecuteOptions {
  std::chrono::milliseconds timeout{300'000};  // for the whole plan
  std::optional<std::chrono::seconds> stop_grace = std::nullopt;
  Pace pace = {};
};

// Does every action as soon as those it waits for are done, many at once. The first failure stops the rest and is what
// is returned, its root cause first; what was done stays, and a second run goes on from there. `environment` gives
// secrets that come from variables. Errors: failed, conflict (name or port taken, with what to do), timeout,
// interrupted, no_engine.
std::expected<void, ReadyError> execute(const engine::Client& client, const project::Project& project,
                                        const plan::Plan& plan, const ExecuteOptions& options,
                                        const stack::Environment& environment, const Listener& listener,
                                        std::stop_token stop);

}  // namespace saasctl::execute
