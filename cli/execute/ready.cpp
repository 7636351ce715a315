#include "execute/ready.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "engine/logs.hpp"
#include "execute/probe.hpp"

namespace saasctl::execute {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int most_restarts = 3;
constexpr unsigned last_lines = 20;
constexpr milliseconds settling_time{200};

std::vector<std::string> last_logs(const engine::Client& client, const std::string& container, std::stop_token stop) {
  std::vector<std::string> lines;
  engine::LogOptions options;
  options.tail = last_lines;
  const auto read = engine::read_logs(
      client, container, options,
      [&](const engine::LogLine& line) {
        lines.emplace_back(line.text);
        return true;
      },
      stop);
  if (!read) lines.push_back("(its log cannot be read: " + read.error().message + ")");
  return lines;
}

// Sleeps unless the token is set first.
void pause(milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wakes;
  std::unique_lock lock(mutex);
  wakes.wait_for(lock, stop, duration, [] { return false; });
}

class Waiting {
 public:
  Waiting(const engine::Client& client, const project::Service& service, const std::string& container,
          const std::string& condition)
      : client_(client), service_(service), container_(container), condition_(condition) {}

  std::expected<void, ReadyError> run(steady_clock::time_point deadline, const std::stop_token& stop) {
    milliseconds rest{25};
    for (;;) {
      if (stop.stop_requested()) return std::unexpected(ReadyError{{Fault::interrupted, "interrupted"}});
      auto container = engine::inspect_container(client_, container_, stop);
      if (!container) return std::unexpected(ReadyError{container.error()});
      auto done = judge(*container, stop);
      if (!done) return std::unexpected(done.error());
      if (*done) return {};
      if (steady_clock::now() >= deadline) return std::unexpected(late(*container));
      pause(std::min(rest, std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()) + milliseconds(1)),
            stop);
      rest = std::min(rest * 3 / 2, milliseconds(250));
    }
  }

 private:
  // true: the condition holds; false: not yet.
  std::expected<bool, ReadyError> judge(const engine::Container& container, const std::stop_token& stop) {
    const auto& state = container.state;
    if (!state.running) return judge_stopped(container);
    if (container.restart_count >= most_restarts) return std::unexpected(died(container));
    if (condition_ == "service_completed_successfully") return false;
    if (state.health && state.health->status == "healthy") return true;
    if (state.health && state.health->status == "unhealthy") {
      return std::unexpected(
          failed(container, fmt::format("is unhealthy after {} failed checks", state.health->failing_streak)));
    }
    const bool engine_watches = state.health && state.health->status != "none";
    if (!probe_) probe_ = make_probe(client_, service_, container);
    if (!probe_) return !engine_watches && settled();
    if (!answered_) {
      const auto answer = probe_->ask(stop);
      answered_ = answer.has_value();
      if (!answer) last_answer_ = answer.error().message;
    }
    return answered_ && (condition_ != "engine_healthy" || !engine_watches);
  }

  // Nobody can be asked whether it works, but a process that ends at once must not count as running.
  bool settled() {
    if (!seen_running_) seen_running_ = steady_clock::now();
    return steady_clock::now() - *seen_running_ >= settling_time;
  }

  std::expected<bool, ReadyError> judge_stopped(const engine::Container& container) {
    probe_.reset();
    seen_running_.reset();
    const auto& state = container.state;
    if (state.restarting || state.status == "created" || state.status == "restarting") {
      if (container.restart_count >= most_restarts) return std::unexpected(died(container));
      return false;
    }
    if (state.exit_code == 0 && state.error.empty() && condition_ != "service_healthy") return true;
    return std::unexpected(died(container));
  }

  ReadyError died(const engine::Container& container) {
    const auto& state = container.state;
    auto what = fmt::format("exited with code {}", state.exit_code);
    if (container.restart_count > 0) what += fmt::format(" after {} restarts", container.restart_count);
    if (const auto reason = explain_exit(state.exit_code, state.oom_killed); !reason.empty()) what += ": " + reason;
    if (!state.error.empty()) what += " (" + state.error + ")";
    return failed(container, what);
  }

  ReadyError late(const engine::Container& container) {
    const auto status =
        container.state.health ? "its health is " + container.state.health->status : "it is " + container.state.status;
    auto error = failed(container, fmt::format("did not get ready in time: {}{}{}", status,
                                               last_answer_.empty() ? "" : "; our probe: ", last_answer_));
    error.fault = Fault::timeout;
    return error;
  }

  ReadyError failed(const engine::Container& container, const std::string& what) {
    // The reason is worth a moment even when everything else is being stopped.
    ServiceFailure failure{service_.name, what, {}, last_logs(client_, container_, {})};
    if (container.state.health) failure.health = container.state.health->log;
    ReadyError error{{Fault::failed, fmt::format("{} {}", service_.name, what)}};
    error.service = std::move(failure);
    return error;
  }

  const engine::Client& client_;
  const project::Service& service_;
  const std::string& container_;
  const std::string& condition_;
  std::unique_ptr<Probe> probe_;
  bool answered_ = false;
  std::optional<steady_clock::time_point> seen_running_;
  std::string last_answer_;
};

}  // namespace

std::expected<void, ReadyError> await_service(const engine::Client& client, const project::Service& service,
                                              const std::string& container, const std::string& condition,
                                              steady_clock::time_point deadline, std::stop_token stop) {
  return Waiting(client, service, container, condition).run(deadline, stop);
}

std::string explain_exit(int code, bool out_of_memory) {
  if (out_of_memory) return "it used more memory than its limit and was killed";
  switch (code) {
    case 126:
      return "its command cannot be executed";
    case 127:
      return "its command was not found";
    case 134:
      return "it aborted (SIGABRT)";
    case 137:
      return "it was killed (SIGKILL)";
    case 139:
      return "it crashed (SIGSEGV)";
    case 143:
      return "it was asked to end (SIGTERM)";
    default:
      return "";
  }
}

}  // namespace saasctl::execute
