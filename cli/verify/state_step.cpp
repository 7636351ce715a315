// Steps about the containers themselves, and those that only set values.
#include <fmt/format.h>

#include "verify/compare.hpp"
#include "verify/step.hpp"

namespace saasctl::verify {
namespace {

using namespace std::chrono_literals;

struct Wanted {
  std::string service;
  std::string where;
};

bool has_ended(const ServiceState& state) {
  return state.status == "exited" || state.status == "dead";
}

bool is_well(const ServiceState& state) {
  return state.status == "running" && (!state.health || *state.health == "healthy");
}

std::string in_words(const ServiceState& state) {
  if (has_ended(state)) return fmt::format("{} with code {}", state.status, state.exit_code);
  if (state.status != "running" || !state.health) return state.status;
  auto words = *state.health;
  if (!state.last_output.empty()) words += ": " + shortened(state.last_output, 200);
  return words;
}

StepOutcome look_once(StepContext& around, const std::vector<Wanted>& wanted) {
  StepOutcome outcome;
  bool hopeless = false;
  for (const auto& [service, where] : wanted) {
    const auto state = around.world.services.state(service, around.stop);
    if (!state && state.error().kind != ErrorKind::not_found) return error_outcome(state.error());
    if (state && is_well(*state)) continue;
    hopeless = hopeless || !state || has_ended(*state);
    const auto expected = !state || state->health ? service + " healthy" : service + " running";
    outcome.findings.push_back({expected, state ? in_words(*state) : "no container", where});
    outcome.hints.push_back(state ? "saasctl logs " + service : "start it: saasctl up");
  }
  outcome.status = outcome.findings.empty() ? Status::passed : Status::failed;
  outcome.final = hopeless;
  return outcome;
}

}  // namespace

StepOutcome run_healthy(StepContext& around, const stack::VerifyStep& check) {
  std::vector<Wanted> wanted;
  if (check.healthy->all) {
    for (const auto& service : around.stack.services) wanted.push_back({service.name, place(check.healthy->at)});
  }
  for (const auto& service : check.healthy->services) wanted.push_back({service.text, place(service.at)});
  return retry(around, timeout_or(check.within, 30s), [&] { return look_once(around, wanted); });
}

StepOutcome run_recreate(StepContext& around, const stack::VerifyStep& check) {
  const auto& service = *check.recreate;
  const auto before = around.world.services.state(service.text, around.stop);
  const auto done = around.world.services.recreate(service.text, around.stop);
  if (!done) return error_outcome(done.error());
  auto outcome = retry(around, timeout_or(check.within, 60s), [&] {
    return look_once(around, {{service.text, place(service.at)}});
  });
  if (before) outcome.details.push_back("removed and recreated: " + before->container);
  return outcome;
}

StepOutcome run_set(StepContext& around, const stack::VerifyStep& check) {
  for (const auto& entry : check.set) {
    auto filled = fill(entry, around.values);
    if (!filled.unfit.empty()) return unfit_outcome(filled.unfit);
    if (around.secrets.contains(entry.name)) around.masks.add(filled.value);
    around.values.set(entry.name, std::move(filled.value));
  }
  return {};
}

}  // namespace saasctl::verify
