// What all kinds of steps share: their surroundings, their outcome, and trying again.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "stack/stack.hpp"
#include "verify/exchange.hpp"
#include "verify/masks.hpp"
#include "verify/report.hpp"
#include "verify/values.hpp"
#include "verify/world.hpp"

namespace saasctl::verify {

// Lives as long as the run. Not thread-safe.
struct Surroundings {
  const stack::Stack& stack;
  World& world;
  Values& values;
  Masks& masks;
  const std::set<std::string>& secrets;  // stack::secret_names() of the plan
  std::stop_token stop;
};

// What one attempt came to.
struct Outcome {
  Status status = Status::passed;
  std::vector<Finding> findings = {};
  std::string message = {};
  std::vector<std::string> hints = {};
  std::vector<std::string> details = {};

  bool passed() const { return status == Status::passed; }
  // The same attempt cannot end better a moment later.
  bool final = false;
};

Outcome error_outcome(const Error& error);
// The error of a step that was not run because of values that cannot stand where their names do (Filled::unfit).
Outcome unfit_outcome(const std::vector<std::string>& sentences);
// failed when there are findings, else passed.
Outcome judged(std::vector<Finding> findings, std::vector<std::string> details);

// The user's `within`, or `otherwise`.
std::chrono::nanoseconds patience(const std::optional<stack::Duration>& within, std::chrono::nanoseconds otherwise);

// Calls `attempt` until it passes or is final, `within` has passed or the token is set; at least once. The outcome is
// the last one.
template <typename Attempt>
Outcome retry(Surroundings& around, std::chrono::nanoseconds within, Attempt attempt) {
  constexpr std::chrono::milliseconds pause{200};
  const auto end = around.world.clock.now() + within;
  for (;;) {
    auto outcome = attempt();
    if (outcome.passed() || outcome.final || around.stop.stop_requested()) return outcome;
    if (around.world.clock.now() + pause > end) return outcome;
    around.world.clock.wait(pause, around.stop);
  }
}

// The URL a target means now: that of a service goes through the port it publishes on the host.
Result<std::string> locate(Surroundings& around, const stack::Target& target);

// `from`, or the port of the service that bears the usual name; without a slash at the end.
Result<std::string> locate_tool(Surroundings& around, const std::optional<stack::Target>& from,
                                const std::string& service, int port);

// A GET of a tool's API. Errors: as Web::send; failed for a status other than 200, with the body's beginning.
Result<std::string> fetch(Surroundings& around, const std::string& url);

// ---- the kinds; each takes the step as written and fills in its names itself
Outcome run_healthy(Surroundings& around, const stack::Check& check);
Outcome run_http(Surroundings& around, const stack::Check& check);
Outcome run_exec(Surroundings& around, const stack::Check& check);
Outcome run_prometheus(Surroundings& around, const stack::Check& check);
Outcome run_recreate(Surroundings& around, const stack::Check& check);
Outcome run_set(Surroundings& around, const stack::Check& check);

// Waits until Jaeger has what the step expects of the trace; `check` is filled in.
Outcome run_trace(Surroundings& around, const stack::Check& check, const std::string& trace_id);

// What the silent loss of UDP spans may come from: where the service sends them, and whether that is anybody's name.
// Empty when nothing can be said.
std::vector<std::string> export_hints(Surroundings& around, const std::string& service);

}  // namespace saasctl::verify
