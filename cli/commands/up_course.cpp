#include "commands/up_course.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "commands/run_plan.hpp"
#include "execute/aftermath.hpp"
#include "execute/observe.hpp"
#include "terminal/board.hpp"

namespace saasctl::commands {
namespace {

// A request of a killed run may arrive so late that what the snapshot showed has gone, or is there twice.
bool is_late_surprise(const execute::ReadyError& error, const plan::ObservedState& now) {
  if (error.service) return false;
  return error.kind == ErrorKind::not_found || (error.kind == ErrorKind::failed && !now.duplicate_networks.empty());
}

}  // namespace

std::optional<int> UpCourse::run(const plan::Plan& plan, const plan::UpOptions& planning) {
  auto error = carry_to_end(plan, planning);
  if (!error) return std::nullopt;
  if (options_.on_failure != "rollback" || error->kind == ErrorKind::interrupted)
    return report_service_failure(session_, *error);
  error->left.clear();  // what is left is known after the rollback
  const int code = report_service_failure(session_, *error);
  roll_back();
  return code;
}

std::optional<execute::ReadyError> UpCourse::carry_once(const plan::Plan& plan, Deadline deadline) {
  terminal::Board board(session_.terminal, "up");
  std::mutex mutex;
  execute::ExecuteOptions execute;
  execute.timeout = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  execute.call_off = true;
  execute.turn = &turn_;
  if (options_.stop_timeout) execute.stop_grace = std::chrono::seconds(*options_.stop_timeout);
  execute.on_created = [&](const std::string& name, const std::string& id) {
    const std::scoped_lock lock(mutex);
    own_.created(plan, name, id);
  };
  own_.planned(plan);
  const auto done = run_plan(session_, client_, project_, plan, execute, board);
  board.finish();
  return done ? std::nullopt : std::optional(done.error());
}

// The plan for the current state. Containers that were created since the first snapshot are not created again.
Result<plan::Plan> UpCourse::plan_again(const plan::ObservedState& now, plan::UpOptions planning) const {
  for (const auto& container : now.containers) {
    if (std::ranges::find(first_.containers, container.id, &plan::ObservedContainer::id) == first_.containers.end())
      planning.made.insert(container.id);
  }
  return plan::plan_up(project_, now, planning);
}

// Whoever had the turn while this plan only waited may have changed anything: then it is planned again, from there, but
// nothing that the other command has done is reverted.
std::optional<execute::ReadyError> UpCourse::carry_to_end(const plan::Plan& plan, const plan::UpOptions& planning) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options_.timeout);
  auto error = carry_once(plan, deadline);
  bool surprised = false;
  while (error && error->kind != ErrorKind::interrupted && std::chrono::steady_clock::now() < deadline) {
    const auto overtaken = turn_.begin();
    if (!overtaken) return error;
    overtaken_ = overtaken_ || *overtaken;
    const auto now = execute::observe(client_, project_, session_.stop);
    if (!now) return error;
    if (!*overtaken && (surprised || !is_late_surprise(*error, *now))) return error;
    surprised = surprised || !*overtaken;
    const auto next = plan_again(*now, planning);
    if (!next) return *overtaken ? execute::ReadyError{next.error()} : error;
    if (overtaken_) {
      if (auto reverting = own_.reverts(*next, *now)) {
        superseded_ = true;
        return execute::ReadyError{std::move(*reverting)};
      }
    }
    error = carry_once(*next, deadline);
  }
  return error;
}

std::string UpCourse::not_rolled_back(const Error& error) const {
  session_.terminal.error({error.kind, "rolling back: " + error.message, error.hint});
  return "not rolled back";
}

void UpCourse::roll_back() {
  const auto outcome = rolled_back();
  show_left(session_, outcome, execute::remnants_of(client_, project_, session_.stop));
}

// Back to the containers of the first snapshot, unless that would revert a newer command. How it ended, in words.
std::string UpCourse::rolled_back() {
  // Whatever the other command has done is in the new snapshot.
  if (const auto begun = turn_.begin(); !begun) return not_rolled_back(begun.error());
  if (const auto taken = turn_.take(session_.stop); !taken) return not_rolled_back(taken.error());
  auto now = execute::observe(client_, project_, session_.stop);
  if (!now) return not_rolled_back(now.error());
  if (superseded_ || own_.has_newer(*now)) return "not rolled back: another command has changed the project meanwhile";
  std::erase_if(now->containers, [&](const auto& container) { return !own_.has(container); });
  const auto plan = plan::plan_rollback(first_, *now);
  for (const auto& note : plan.notes) session_.terminal.warning(note);
  terminal::Board board(session_.terminal, "rollback");
  const auto done = run_plan(session_, client_, project_, plan, {}, board);
  board.finish();
  if (!done) {
    session_.terminal.error({done.error().kind, "rolling back: " + done.error().message, done.error().hint});
    return "rolled back in part only";
  }
  return plan.notes.empty() ? "rolled back: the containers are as they were before"
                            : "rolled back, except for the containers that were removed for good";
}

}  // namespace saasctl::commands
