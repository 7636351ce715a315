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
#include "verify/redactor.hpp"
#include "verify/report.hpp"
#include "verify/values.hpp"
#include "verify/verify_deps.hpp"

namespace saasctl::verify {

// Lives as long as the run. Not thread-safe.
struct StepContext {
  const stack::Stack& stack;
  VerifyDeps& world;
  Values& values;
  Redactor& masks;
  const std::set<std::string>& secrets;  // stack::secret_names() of the plan
  std::stop_token stop;
};

// What one attempt came to.
struct StepOutcome {
  Status status = Status::passed;
  std::vector<Finding> findings = {};
  std::string message = {};
  std::vector<std::string> hints = {};
  std::vector<std::string> details = {};

  bool passed() const { return status == Status::passed; }
  // The same attempt cannot end better a moment later.
  bool final = false;
};

StepOutcome error_outcome(const Error& error);
// The error of a step that was not run because of values that cannot stand where their names do (Filled::unfit).
StepOutcome unfit_outcome(const std::vector<std::string>& sentences);
// failed when there are findings, else passed.
StepOutcome judged(std::vector<Finding> findings, std::vector<std::string> details);

// The user's `within`, or `otherwise`.
std::chrono::nanoseconds timeout_or(const std::optional<declare::Duration>& within, std::chrono::nanoseconds otherwise);

// Calls `attempt` until it passes or is final, `within` has passed or the token is set; at least once. The outcome is
// the last one.
template <typename Attempt>
StepOutcome retry(StepContext& around, std::chrono::nanoseconds within, Attempt attempt) {
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
Result<std::string> locate(StepContext& around, const stack::Target& target);

// `from`, or the port of the service that bears the usual name; without a slash at the end.
Result<std::string> locate_tool(StepContext& around, const std::optional<stack::Target>& from,
                                const std::string& service, int port);

// A GET of a tool's API. Errors: as HttpSender::send; failed for a status other than 200, with the body's beginning.
Result<std::string> fetch(StepContext& around, const std::string& url);

// ---- the kinds; each takes the step as written and fills in its names itself
StepOutcome run_healthy(StepContext& around, const stack::VerifyStep& check);
StepOutcome run_http(StepContext& around, const stack::VerifyStep& check);
StepOutcome run_exec(StepContext& around, const stack::VerifyStep& check);
StepOutcome run_prometheus(StepContext& around, const stack::VerifyStep& check);
StepOutcome run_recreate(StepContext& around, const stack::VerifyStep& check);
StepOutcome run_set(StepContext& around, const stack::VerifyStep& check);

// Waits until Jaeger has what the step expects of the trace; `check` is filled in.
StepOutcome run_trace(StepContext& around, const stack::VerifyStep& check, const std::string& trace_id);

// What the silent loss of UDP spans may come from: where the service sends them, and whether that is anybody's name.
// Empty when nothing can be said.
std::vector<std::string> export_hints(StepContext& around, const std::string& service);

}  // namespace saasctl::verify
