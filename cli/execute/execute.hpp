// Carries out a plan: one action is one engine call or one wait, and nothing is decided here.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <stop_token>
#include <string>

#include "engine/client.hpp"
#include "execute/ready.hpp"
#include "execute/turn.hpp"
#include "plan/plan.hpp"
#include "project/project.hpp"
#include "yaml/interpolate.hpp"

namespace saasctl::execute {

// unmet: what nobody insists on has failed, a wait or a pre_stop hook, and the rest goes on.
// overtaken: not begun, because another command has changed the project; the caller plans again.
enum class Phase { begun, done, failed, unmet, overtaken };

// Called from several threads, one call at a time.
struct Event {
  Phase phase;
  std::size_t index;  // of the action in the plan
  std::chrono::nanoseconds duration{};
  std::string reason = {};  // of what is unmet
};
using Listener = std::function<void(const Event&)>;

struct ExecuteOptions {
  std::chrono::milliseconds timeout{300'000};  // until the last wait or hook has to be done
  bool call_off = false;                       // what else still runs then is called off
  // How long requests that change something and were sent before a failure, a signal or the end of the time are waited
  // for: the engine carries them out in any case, and the report that follows must be true.
  std::chrono::milliseconds answer_grace{5'000};
  std::optional<std::chrono::seconds> stop_grace = std::nullopt;
  Pace pace = {};
  // Called from several threads with name and id of each container as soon as it exists.
  std::function<void(const std::string&, const std::string&)> on_created = {};
  // Had by the caller when the execution begins, given back while nothing but waits and hooks is at work, taken again
  // before the next change; afterwards the caller may have it or not. Null: nobody else is expected.
  Turn* turn = nullptr;
};

// Does every action as soon as those it waits for are done, many at once. The first failure stops the rest and is what
// is returned, its root cause first; what was done stays, and a second run goes on from there. Containers are addressed
// by id only: by plan.ids, or by the id that their creation returned. `environment` gives
// secrets that come from variables. Errors: failed, conflict (name or port taken, with what to do), timeout,
// interrupted, no_engine.
std::expected<void, ReadyError> execute(const engine::Client& client, const project::Project& project,
                                        const plan::Plan& plan, const ExecuteOptions& options,
                                        const yaml::Environment& environment, const Listener& listener,
                                        std::stop_token stop);

}  // namespace saasctl::execute
