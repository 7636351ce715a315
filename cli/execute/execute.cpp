#include "execute/execute.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/containers.hpp"
#include "execute/aftermath.hpp"
#include "execute/execute_action.hpp"
#include "plan/labels.hpp"
#include "util/guarded.hpp"
#include "util/wait.hpp"

namespace saasctl::execute {
namespace {

constexpr std::size_t most_threads = 32;

// Waits and hooks change nothing that another command's plan could rely on.
bool is_change(const plan::Work& work) {
  return !std::holds_alternative<plan::AwaitService>(work) && !std::holds_alternative<plan::RunHook>(work);
}

// Hands out the actions whose predecessors are done. All members are guarded by the mutex.
class Schedule {
 public:
  Schedule(const plan::Plan& plan, const Listener& listener)
      : plan_(plan),
        listener_(listener),
        waiting_(plan.actions.size()),
        next_(plan.actions.size()),
        progress_(plan.actions.size(), Progress::waiting) {
    for (std::size_t i = 0; i < plan.actions.size(); ++i) {
      waiting_[i] = plan.actions[i].after.size();
      for (const auto before : plan.actions[i].after) next_[before].push_back(i);
      if (waiting_[i] == 0) ready_.push_back(i);
    }
    open_ = plan.actions.size();
  }

  // The next action to do; nothing when all are done or the rest is called off.
  std::optional<std::size_t> take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return !ready_.empty() || open_ == 0; });
    if (stop.stop_requested() || ready_.empty()) return std::nullopt;
    const auto index = ready_.front();
    ready_.pop_front();
    if (is_change(plan_.actions[index].work)) ++changing_;
    progress_[index] = Progress::unanswered;
    listener_({Phase::begun, index});
    return index;
  }

  // `unmet`: why what nobody insists on has failed.
  void finish(std::size_t index, std::chrono::nanoseconds duration, const std::optional<std::string>& unmet = {}) {
    const std::scoped_lock lock(mutex_);
    --open_;
    progress_[index] = Progress::done;
    if (is_change(plan_.actions[index].work)) --changing_;
    for (const auto after : next_[index]) {
      if (--waiting_[after] == 0) ready_.push_back(after);
    }
    listener_({unmet ? Phase::unmet : Phase::done, index, duration, unmet.value_or("")});
    changed_.notify_all();
  }

  // Whether something is changed now or could be.
  bool has_change() {
    const std::scoped_lock lock(mutex_);
    return changing_ > 0 ||
           std::ranges::any_of(ready_, [&](std::size_t index) { return is_change(plan_.actions[index].work); });
  }

  void fail(std::size_t index, std::chrono::nanoseconds duration, ReadyError error, Progress progress,
            Phase phase = Phase::failed) {
    const std::scoped_lock lock(mutex_);
    progress_[index] = progress;
    if (is_change(plan_.actions[index].work)) --changing_;
    const bool consequence = error_ && error.kind == ErrorKind::interrupted;
    if (!consequence) listener_({phase, index, duration});
    if (!error_ || (error_->kind == ErrorKind::interrupted && error.kind != ErrorKind::interrupted))
      error_ = std::move(error);
  }

  // An error that is no single action's.
  void give_up(ReadyError error) {
    const std::scoped_lock lock(mutex_);
    if (!error_) error_ = std::move(error);
  }

  // Of each action.
  std::vector<Progress> progress() {
    const std::scoped_lock lock(mutex_);
    return progress_;
  }

  std::expected<void, ReadyError> result(const std::stop_token& outer) {
    const std::scoped_lock lock(mutex_);
    if (error_) return std::unexpected(std::move(*error_));
    if (open_ > 0 && outer.stop_requested())
      return std::unexpected(ReadyError{{ErrorKind::interrupted, "interrupted"}});
    return {};
  }

 private:
  const plan::Plan& plan_;
  const Listener& listener_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::size_t> waiting_;
  std::vector<std::vector<std::size_t>> next_;
  std::deque<std::size_t> ready_;
  std::size_t open_ = 0;
  std::vector<Progress> progress_;
  std::size_t changing_ = 0;  // changes that were handed out and have not ended
  std::optional<ReadyError> error_;
};

// A command that cannot be run any more must not keep a container from being stopped.
bool is_optional(const plan::Work& work) {
  if (const auto* wait = std::get_if<plan::AwaitService>(&work)) return !wait->required;
  const auto* hook = std::get_if<plan::RunHook>(&work);
  return hook && hook->when == "pre_stop";
}

// Has the turn while anything is changed or could be. Safe to use from several threads.
class Gate {
 public:
  Gate(Turn* turn, Schedule& schedule) : turn_(turn), schedule_(schedule) {
    if (turn_ && !schedule_.has_change()) turn_->give_back();
  }

  Result<void> enter(const plan::Work& work, const std::stop_token& stop) {
    if (!turn_ || !is_change(work)) return {};
    const std::scoped_lock lock(mutex_);
    if (!has_turn_) {
      if (auto taken = turn_->take(stop); !taken) return taken;
    }
    has_turn_ = true;
    return {};
  }

  // After what follows has been made ready.
  void leave(const plan::Work& work) {
    if (!turn_ || !is_change(work)) return;
    const std::scoped_lock lock(mutex_);
    if (!has_turn_ || schedule_.has_change()) return;
    turn_->give_back();
    has_turn_ = false;
  }

 private:
  Turn* turn_;
  Schedule& schedule_;
  std::mutex mutex_;
  bool has_turn_ = false;  // asked for with the first change, though the caller has it until then
};

// What ends the work: `all` hands out nothing more and ends waits and hooks; changes that were sent to the engine are
// given up only by `changes`, a moment later.
struct Ends {
  std::stop_source all;
  std::stop_source changes;
};

// Sets `changes` when `grace` has passed since `all` was set.
void give_grace(Ends& ends, std::chrono::milliseconds grace, const std::stop_token& done) {
  std::stop_source either;
  const auto forward = [&either] { either.request_stop(); };
  const std::stop_callback on_all(ends.all.get_token(), forward), on_done(done, forward);
  while (!either.stop_requested()) pause(std::chrono::hours(1), either.get_token());
  if (!ends.all.stop_requested()) return;
  pause(grace, done);
  ends.changes.request_stop();
}

void do_action(const ActionContext& site, const plan::Plan& plan, Schedule& schedule, std::size_t index, Ends& ends) {
  const auto begun = std::chrono::steady_clock::now();
  const auto& work = plan.actions[index].work;
  auto outcome = execute_action(site, work, is_change(work) ? ends.changes.get_token() : ends.all.get_token());
  const auto duration = std::chrono::steady_clock::now() - begun;
  if (outcome) {
    schedule.finish(index, duration);
  } else if (is_optional(work) && outcome.error().kind != ErrorKind::interrupted) {
    schedule.finish(index, duration, outcome.error().message);
  } else {
    const auto progress = outcome.error().kind == ErrorKind::interrupted ? Progress::unanswered : Progress::failed;
    schedule.fail(index, duration, std::move(outcome.error()), progress);
    ends.all.request_stop();
  }
}

// Does actions until none is left or `all` is stopped, which the first failure does.
void run_worker(const ActionContext& site, const plan::Plan& plan, Schedule& schedule, Gate& gate, Ends& ends) {
  while (const auto index = schedule.take(ends.all.get_token())) {
    const auto begun = std::chrono::steady_clock::now();
    const auto& work = plan.actions[*index].work;
    auto turn = gate.enter(work, ends.all.get_token());
    // Nothing is begun after the end, though a change has a token that is set later.
    if (turn && ends.all.stop_requested()) turn = failure(ErrorKind::interrupted, "interrupted");
    if (turn) {
      do_action(site, plan, schedule, *index, ends);
    } else {
      const auto phase = turn.error().kind == ErrorKind::conflict ? Phase::overtaken : Phase::failed;
      const auto duration = std::chrono::steady_clock::now() - begun;
      schedule.fail(*index, duration, ReadyError{turn.error()}, Progress::waiting, phase);
      ends.all.request_stop();
    }
    gate.leave(work);
  }
}

// Opened before the first action, so that no death is missed; nothing for a plan that waits for no service.
std::unique_ptr<EventMonitor> watch_for(const engine::Client& client, const project::Project& project,
                                        const plan::Plan& plan) {
  const bool waits = std::ranges::any_of(
      plan.actions, [](const plan::Action& action) { return std::holds_alternative<plan::AwaitService>(action.work); });
  if (!waits) return nullptr;
  const auto now = std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  return std::make_unique<EventMonitor>(client, std::string(plan::label::project) + "=" + project.name, now);
}

// Calls off what does not end by itself, an engine that hangs or a stop with a grace of minutes. A wait has a moment to
// say itself that it is late, and why.
void keep_time(Schedule& schedule, std::chrono::steady_clock::time_point deadline, std::stop_source& all,
               const std::stop_token& done) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pause(left + std::chrono::seconds(1), done);
  if (done.stop_requested()) return;
  schedule.give_up({{ErrorKind::timeout, "not everything was done in time", "give it longer with --timeout"}});
  all.request_stop();
}

// A service that was ready and has died while others came up is not up.
std::expected<void, ReadyError> look_back(const ActionContext& site, const plan::Plan& plan,
                                          const std::stop_token& stop) {
  const auto label = std::string(plan::label::project) + "=" + site.project.name;
  const auto containers = engine::list_containers(site.client, {label}, stop);
  if (!containers) return std::unexpected(ReadyError{containers.error()});
  for (const auto& action : plan.actions) {
    const auto* wait = std::get_if<plan::AwaitService>(&action.work);
    if (!wait || !wait->required || wait->condition == "service_completed_successfully") continue;
    const auto id = site.container_ids.id_of(wait->container);
    if (!id) continue;
    const auto found = std::ranges::find(*containers, *id, &engine::ContainerSummary::id);
    if (found == containers->end() || (found->state != "exited" && found->state != "restarting")) continue;
    const auto container = engine::inspect_container(site.client, *id, stop);
    const bool lives = !container || (container->state.running && !container->state.restarting);
    if (lives || (found->state == "exited" && container->state.exit_code == 0)) continue;
    return std::unexpected(service_error(*site.project.find(wait->service), *container,
                                         describe_end(*container) + ", after it was ready"));
  }
  return {};
}

// The error with what helps to understand it, after what has no use was removed. Whoever has overtaken this plan has a
// plan of its own for that.
ReadyError with_aftermath(const ActionContext& site, const plan::Plan& plan, const std::vector<Progress>& progress,
                          ReadyError error, const std::stop_token& stop) {
  if (error.kind == ErrorKind::no_engine) return error;
  const auto successors = unused_successors(plan, progress);
  if (!successors.empty() && (!site.options.turn || site.options.turn->take(stop)))
    remove_successors(site.client, plan, site.container_ids, successors, site.options.answer_grace);
  if (error.kind == ErrorKind::interrupted) return error;
  error = with_root_cause(site.client, site.project, plan, std::move(error), stop);
  error.left = remnants_after(site.client, site.project, plan, site.container_ids, progress, stop);
  return error;
}

}  // namespace

std::expected<void, ReadyError> execute(const engine::Client& client, const project::Project& project,
                                        const plan::Plan& plan, const ExecuteOptions& options,
                                        const yaml::Environment& environment, const Listener& listener,
                                        std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  ContainerIds container_ids(plan.ids);
  const auto watch = watch_for(client, project, plan);
  const ActionContext site{client, project, options, environment, container_ids, watch.get(), start + options.timeout};
  Schedule schedule(plan, listener);
  Gate gate(options.turn, schedule);
  Ends ends;
  const std::stop_callback outer(stop, [&ends] { ends.all.request_stop(); });
  {
    std::jthread clock, grace;
    if (options.call_off) {
      clock = std::jthread([&](const std::stop_token& done) { keep_time(schedule, site.deadline, ends.all, done); });
    }
    if (plan.changes)
      grace = std::jthread([&](const std::stop_token& done) { give_grace(ends, options.answer_grace, done); });
    std::vector<std::jthread> threads;
    const auto work = [&] {
      try {
        run_worker(site, plan, schedule, gate, ends);
      } catch (const std::exception& error) {
        schedule.give_up({exception_error(error)});
        ends.all.request_stop();
      }
    };
    for (std::size_t i = 0; i < std::min(most_threads, plan.actions.size()); ++i) threads.emplace_back(work);
  }
  auto result = schedule.result(stop);
  if (result && plan.changes && watch) result = look_back(site, plan, stop);
  if (!result) return std::unexpected(with_aftermath(site, plan, schedule.progress(), std::move(result.error()), stop));
  return result;
}

}  // namespace saasctl::execute
