#include "commands/up_attached.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

#include "commands/log_writer.hpp"
#include "commands/run_lifecycle.hpp"
#include "project/order.hpp"
#include "util/guarded.hpp"
#include "util/wait.hpp"

namespace saasctl::commands {
namespace {

struct ContainerExit {
  std::string service;
  std::string container;
  int exit_code = 0;
};

// Sets its token at the first end that counts.
class ExitWatcher {
 public:
  ExitWatcher(const Session& session, const RunningProject& running,
              const std::vector<engine::ContainerSummary>& containers)
      : running_(running), outer_(session.stop, Forward{&over_}), open_(containers.size()) {
    for (const auto& container : containers) threads_.emplace_back([this, container] { watch(container); });
  }
  ExitWatcher(const ExitWatcher&) = delete;
  ExitWatcher& operator=(const ExitWatcher&) = delete;
  ~ExitWatcher() { over_.request_stop(); }

  std::stop_token token() const { return over_.get_token(); }
  std::optional<ContainerExit> first() const {
    const std::scoped_lock lock(mutex_);
    return first_;
  }

 private:
  struct Forward {
    std::stop_source* to;
    void operator()() const noexcept { to->request_stop(); }
  };

  void watch(const engine::ContainerSummary& container) {
    const auto code = guarded([&] { return end_of(container.id); });
    const std::scoped_lock lock(mutex_);
    --open_;
    if (first_ || over_.stop_requested()) return;
    const auto service = service_of(container);
    const bool counts = !code || *code != 0 || !project::is_awaited_job(running_.project, service);
    if (!counts && open_ > 0) return;
    first_ = ContainerExit{service, container.name, code.value_or(1)};
    over_.request_stop();
  }

  // One that the engine starts again has not ended.
  Result<int> end_of(const std::string& id) const {
    for (;;) {
      const auto ended = engine::wait_container(running_.client, id, engine::WaitCondition::not_running,
                                                std::chrono::milliseconds(0), over_.get_token());
      if (!ended) return std::unexpected(ended.error());
      const auto now = engine::inspect_container(running_.client, id, over_.get_token());
      if (!now || (!now->state.running && !now->state.restarting)) return ended->exit_code;
    }
  }

  const RunningProject& running_;
  std::stop_source over_;
  std::stop_callback<Forward> outer_;
  mutable std::mutex mutex_;
  std::size_t open_;
  std::optional<ContainerExit> first_;
  std::vector<std::jthread> threads_;  // last: they use what stands above
};

// Follows the logs of `services`, which may be none, until the token is set; rest() prints what came after that.
class Logs {
 public:
  Logs(const Session& session, RunningProject& running, const AttachedOptions& options,
       std::vector<std::string> services)
      : session_(session),
        running_(running),
        range_{.since = options.since},
        services_(std::move(services)),
        writer_(session, {.services = services_, .follow = true}, running) {}

  Result<void> follow(const std::stop_token& stop) {
    if (services_.empty()) return {};
    const auto list = [&]() -> Result<std::vector<logs::ListedSource>> { return log_sources(running_, services_); };
    const logs::LogPrinter print = [this](const logs::LogSource& source, auto time, auto text) {
      return write(source, time, text);
    };
    auto done = logs::follow_logs(running_.client, {running_.project.name, services_, range_}, list, print,
                                  warnings_of(session_), stop);
    return stop.stop_requested() ? Result<void>() : done;
  }

  // Whether nobody takes what is printed any more.
  bool closed() const { return closed_; }

  Result<void> rest() {
    if (services_.empty()) return {};
    std::vector<logs::LogSource> sources;
    for (auto& listed : log_sources(running_, services_)) sources.push_back(std::move(listed.source));
    for (auto& [id, cursor] : cursors_) cursor.reopen();
    const logs::LogPrinter print = [this](const logs::LogSource& source, auto time, auto text) {
      return write(source, time, text);
    };
    return logs::read_history(running_.client, sources, range_, print, warnings_of(session_), session_.stop);
  }

 private:
  bool write(const logs::LogSource& source, std::optional<engine::Timestamp> time, std::string_view text) {
    closed_ = closed_ || (cursors_[source.id].fresh(time) && !writer_.write(source, time, text));
    return !closed_;
  }

  const Session& session_;
  RunningProject& running_;
  logs::LogRange range_;
  std::vector<std::string> services_;
  LogWriter writer_;
  std::map<std::string, logs::LogCursor> cursors_;  // by id; what has been shown
  bool closed_ = false;
};

int stop_all(const Session& session, RunningProject& running, const AttachedOptions& options,
             const std::vector<std::string>& services) {
  if (const auto looked = refresh(session, running); !looked) return fail(session, looked.error());
  const auto containers = observed_containers(running);
  const auto plan = plan::plan_stop({running.project, containers, services});
  return plan.changes ? run_lifecycle_plan(session, running, "stop", plan, "", options.stop_timeout) : 0;
}

Result<int> exit_code_of_service(const Session& session, const RunningProject& running, const std::string& service) {
  const auto containers = containers_of(running, {service});
  if (containers.empty())
    return failure(ErrorKind::not_found, service + " has no container", "saasctl logs shows more");
  const auto container = engine::inspect_container(running.client, containers.front().id, session.stop);
  if (!container) return std::unexpected(container.error());
  return container->state.exit_code;
}

}  // namespace

int up_attached(const Session& session, const AttachedOptions& options) {
  auto running = open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  const auto services = project::with_dependencies(running->project, options.services);
  if (!services) return fail(session, services.error());
  const auto containers = containers_of(*running, *services);
  if (containers.empty()) return fail(session, {ErrorKind::not_found, "no container to wait for", {}});
  const auto shown = project::attached_services(running->project, *services);
  Logs logs(session, *running, options, shown);
  std::optional<ContainerExit> first;
  {
    const ExitWatcher exits(session, *running, containers);
    if (const auto followed = logs.follow(exits.token()); !followed) return fail(session, followed.error());
    // Services that are not shown may run on.
    while (!logs.closed() && !exits.token().stop_requested()) pause(std::chrono::minutes(1), exits.token());
    first = exits.first();
  }
  // An interruption ends the watching; the stopping has still to be done.
  const Session stopping{session.options, session.environment, session.terminal, {}};
  if (first)
    session.terminal.message(fmt::format("{} exited with code {}; stopping", first->container, first->exit_code));
  if (const int code = stop_all(stopping, *running, options, *services); code != 0) return code;
  if (const auto read = logs.rest(); !read && read.error().kind != ErrorKind::interrupted)
    return fail(session, read.error());
  if (!first) return fail(session, {ErrorKind::interrupted, "interrupted"});
  if (options.exit_code_from.empty() || options.exit_code_from == first->service) return first->exit_code;
  const auto code = exit_code_of_service(stopping, *running, options.exit_code_from);
  return code ? *code : fail(session, code.error());
}

}  // namespace saasctl::commands
