#include "execute/ready.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/containers.hpp"
#include "execute/probe.hpp"
#include "util/wait.hpp"

namespace saasctl::execute {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds until(steady_clock::time_point point) {
  return std::max(std::chrono::ceil<milliseconds>(point - steady_clock::now()), milliseconds(0));
}

class Waiting {
 public:
  Waiting(const engine::Client& client, EventMonitor& watch, const Awaited& awaited, const Pace& pace,
          steady_clock::time_point deadline)
      : client_(client),
        watch_(watch),
        awaited_(awaited),
        pace_(pace),
        deadline_(deadline),
        bell_(watch, awaited.container),
        rest_(pace.first_pause) {}

  std::expected<void, ReadyError> run(const std::stop_token& stop) {
    for (;;) {
      const auto changed = bell_.next();
      if (stop.stop_requested()) return std::unexpected(ReadyError{{ErrorKind::interrupted, "interrupted"}});
      const auto container = engine::inspect_container(client_, awaited_.container, stop);
      if (!container) return std::unexpected(ReadyError{container.error()});
      bell_.also(container->id);
      const auto verdict = judge(*container);
      if (!verdict) return std::unexpected(verdict.error());
      if (*verdict == Verdict::ready) return {};
      if (steady_clock::now() >= deadline_) return std::unexpected(late(*container));

      std::stop_source news;
      const std::stop_callback on_stop(stop, [&news] { news.request_stop(); });
      const std::stop_callback on_change(changed, [&news] { news.request_stop(); });
      if (stay(*verdict, news.get_token())) return {};
    }
  }

 private:
  enum class Verdict {
    ready,
    ask,   // our probe decides
    wait,  // the next event decides
    poll,  // no event tells: it is on its way up, or has to run for a moment
  };

  std::expected<Verdict, ReadyError> judge(const engine::Container& container) {
    const auto& state = container.state;
    if (!restarts_before_) restarts_before_ = container.restart_count;
    // Between its end and its next start a container is both for the engine.
    if (!state.running || state.restarting) return judge_stopped(container);
    if (awaited_.condition == "service_completed_successfully") return Verdict::wait;
    const auto health = state.health ? state.health->status : "none";
    if (health == "healthy") return Verdict::ready;
    if (health == "unhealthy") {
      return std::unexpected(
          failed(container, fmt::format("is unhealthy after {} failed checks", state.health->failing_streak)));
    }
    if (container.restart_count - *restarts_before_ >= most_restarts)
      return std::unexpected(failed(container, describe_end(container)));
    engine_watches_ = health != "none";
    if (answered_) return enough() ? Verdict::ready : Verdict::wait;
    if (!probe_) probe_ = make_probe(client_, awaited_.service, container);
    if (probe_) return Verdict::ask;
    return engine_watches_ ? Verdict::wait : settled(container);
  }

  std::expected<Verdict, ReadyError> judge_stopped(const engine::Container& container) {
    probe_.reset();
    answered_ = false;
    running_since_.reset();
    const auto& state = container.state;
    if (state.restarting || state.status == "created" || state.status == "restarting") {
      if (container.restart_count >= most_restarts) return std::unexpected(failed(container, describe_end(container)));
      return Verdict::poll;
    }
    if (state.exit_code == 0 && state.error.empty() && awaited_.condition != "service_healthy") return Verdict::ready;
    return std::unexpected(failed(container, describe_end(container)));
  }

  bool enough() const { return answered_ && (awaited_.condition != "engine_healthy" || !engine_watches_); }

  // Nobody can be asked whether it works, but a process that ends at once must not count as running.
  Verdict settled(const engine::Container& container) {
    if (!running_since_ || container.state.started_at != started_at_) running_since_ = steady_clock::now();
    started_at_ = container.state.started_at;
    settling_ = container.restart_count >= most_restarts ? pace_.settling_again : pace_.settling;
    return steady_clock::now() - *running_since_ >= settling_ ? Verdict::ready : Verdict::poll;
  }

  // Until something happens, or it is time to look again. True: our probe has said that it is ready.
  bool stay(Verdict verdict, const std::stop_token& news) {
    if (verdict == Verdict::poll) {
      const auto rest = running_since_ ? until(*running_since_ + settling_) : next_rest(milliseconds(0));
      pause(std::min(rest, until(deadline_)), news);
      return false;
    }
    const auto look = steady_clock::now() + (watch_.live() ? pace_.look_again : pace_.longest_pause);
    while (verdict == Verdict::ask && !news.stop_requested() && steady_clock::now() < std::min(look, deadline_)) {
      const auto asked = steady_clock::now();
      const auto answer = probe_->ask(std::max(until(deadline_), milliseconds(1)), news);
      answered_ = answer.has_value();
      if (answered_) return enough();
      if (answer.error().kind != ErrorKind::interrupted) last_answer_ = answer.error().message;
      const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - asked);
      pause(std::min(next_rest(took), until(deadline_)), news);
    }
    if (verdict == Verdict::wait) pause(std::min(until(look), until(deadline_)), news);
    return false;
  }

  // Grows from try to try; a probe that takes long is not asked more than half of the time.
  milliseconds next_rest(milliseconds took) {
    const auto first = probe_ ? probe_->pause().value_or(pace_.first_pause) : pace_.first_pause;
    const auto longest = first * (pace_.longest_pause / pace_.first_pause);
    const auto rest = std::max(std::clamp(rest_, first, longest), std::min(took, longest));
    rest_ = std::min(std::max(rest_, first) * 3 / 2 + milliseconds(1), longest);
    return rest;
  }

  ReadyError failed(const engine::Container& container, const std::string& what) const {
    return service_error(awaited_.service, container, what);
  }

  ReadyError late(const engine::Container& container) const {
    const auto status =
        container.state.health ? "its health is " + container.state.health->status : "it is " + container.state.status;
    auto error = failed(container, fmt::format("did not get ready in time: {}{}{}", status,
                                               last_answer_.empty() ? "" : "; our probe: ", last_answer_));
    error.kind = ErrorKind::timeout;
    return error;
  }

  const engine::Client& client_;
  const EventMonitor& watch_;
  const Awaited& awaited_;
  const Pace& pace_;
  steady_clock::time_point deadline_;
  ContainerSignal bell_;
  milliseconds rest_;
  std::unique_ptr<Probe> probe_;
  bool answered_ = false;
  bool engine_watches_ = false;
  std::optional<int> restarts_before_;  // our waiting
  std::optional<steady_clock::time_point> running_since_;
  std::optional<engine::Timestamp> started_at_;
  milliseconds settling_{0};
  std::string last_answer_;
};

}  // namespace

std::expected<void, ReadyError> await_service(const engine::Client& client, EventMonitor& watch, const Awaited& awaited,
                                              const Pace& pace, steady_clock::time_point deadline,
                                              std::stop_token stop) {
  return Waiting(client, watch, awaited, pace, deadline).run(stop);
}

}  // namespace saasctl::execute
