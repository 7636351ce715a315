#include "verify/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/text.hpp"
#include "verify/step.hpp"

namespace saasctl::verify {
namespace {

// The last step before `index` that should have given the value.
const stack::VerifyStep* giver_of(const std::vector<stack::VerifyStep>& plan, std::size_t index,
                                  const std::string& name) {
  for (auto i = index; i-- > 0;) {
    if (plan[i].capture.find(name) || plan[i].set.find(name)) return &plan[i];
  }
  return nullptr;
}

std::string needs(const std::vector<stack::VerifyStep>& plan, std::size_t index,
                  const std::vector<std::string>& missing) {
  std::vector<std::string> parts;
  for (const auto& name : missing) {
    const auto* giver = giver_of(plan, index, name);
    parts.push_back(giver ? fmt::format("{{{{{}}}}} of \"{}\" ({})", name, stack::title(*giver), place(giver->at))
                          : fmt::format("{{{{{}}}}}", name));
  }
  return "needs " + join(parts, " and ");
}

StepOutcome run_kind(StepContext& around, const stack::VerifyStep& check) {
  switch (stack::kind_of(check)) {
    case stack::StepKind::healthy:
      return run_healthy(around, check);
    case stack::StepKind::http:
      return run_http(around, check);
    case stack::StepKind::exec:
      return run_exec(around, check);
    case stack::StepKind::prometheus:
      return run_prometheus(around, check);
    case stack::StepKind::recreate:
      return run_recreate(around, check);
    case stack::StepKind::set:
      return run_set(around, check);
    case stack::StepKind::none:
      break;
  }
  return error_outcome({ErrorKind::usage, "the step checks nothing", {}});
}

// Names that a `set` step uses and that neither an earlier step nor an earlier entry gave a value.
void add_missing_of_set(StepContext& around, const stack::VerifyStep& check, std::vector<std::string>& missing) {
  std::vector<std::string> own;
  for (const auto& entry : check.set) {
    for (auto& name : fill(entry, around.values).missing) {
      if (std::ranges::find(own, name) == own.end()) missing.push_back(std::move(name));
    }
    own.push_back(entry.name);
  }
}

StepOutcome run_step(StepContext& around, std::size_t index) {
  const auto& plan = around.stack.verify;
  if (around.stop.stop_requested()) {
    StepOutcome outcome{Status::skipped};
    outcome.message = "the run was interrupted";
    return outcome;
  }
  auto filled = fill(plan[index], around.values, around.values.new_trace_id());
  add_missing_of_set(around, plan[index], filled.missing);
  if (!filled.missing.empty()) {
    StepOutcome outcome{Status::skipped};
    outcome.message = needs(plan, index, filled.missing);
    return outcome;
  }
  if (!filled.unfit.empty()) return unfit_outcome(filled.unfit);
  return run_kind(around, plan[index]);
}

void add_once(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const auto& text : from) {
    if (std::ranges::find(to, text) == to.end()) to.push_back(text);
  }
}

StepResult make_result(const stack::VerifyStep& check, StepOutcome outcome, std::chrono::nanoseconds duration) {
  StepResult result;
  result.name = stack::title(check);
  result.where = place(check.at);
  result.status = outcome.status;
  result.duration = duration;
  result.findings = std::move(outcome.findings);
  result.message = std::move(outcome.message);
  add_once(result.hints, outcome.hints);
  result.details = std::move(outcome.details);
  return result;
}

}  // namespace

Report run(const stack::Stack& stack, const std::string& project, VerifyDeps& world, const Listener& listener,
           std::stop_token stop) {
  Values values(world.random);
  Redactor masks;
  const auto secrets = stack::secret_names(stack.verify);
  StepContext around{stack, world, values, masks, secrets, stop};
  Report report;
  report.project = project;
  report.started = world.clock.date();
  const auto start = world.clock.now();
  for (std::size_t i = 0; i < stack.verify.size(); ++i) {
    const auto begun = world.clock.now();
    auto outcome = run_step(around, i);
    auto result = make_result(stack.verify[i], std::move(outcome), world.clock.now() - begun);
    masks.apply(result);
    if (listener) listener(result);
    report.steps.push_back(std::move(result));
  }
  // A value may have turned out to be a secret only after it was shown.
  for (auto& result : report.steps) masks.apply(result);
  report.duration = world.clock.now() - start;
  report.interrupted = stop.stop_requested();
  return report;
}

}  // namespace saasctl::verify
