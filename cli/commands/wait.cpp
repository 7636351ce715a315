#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <thread>

#include "commands/origin.hpp"
#include "commands/project_lock.hpp"
#include "commands/run_lifecycle.hpp"
#include "commands/run_plan.hpp"
#include "execute/observe.hpp"
#include "util/guarded.hpp"

namespace saasctl::commands {
namespace {

struct WaitOptions {
  std::vector<std::string> services;
  bool down = false;
  bool take_over = false;
};

struct Ended {
  std::string container;
  int exit_code;
};

// The first of the containers that ends, or has ended; the others are waited for no more.
Result<Ended> first_end(const Session& session, const RunningProject& running,
                        const std::vector<engine::ContainerSummary>& containers) {
  std::mutex mutex;
  std::optional<Result<Ended>> first;
  std::stop_source all;
  const std::stop_callback outer(session.stop, [&all] { all.request_stop(); });
  {
    std::vector<std::jthread> threads;
    for (const auto& container : containers) {
      threads.emplace_back([&, id = container.id, name = container.name] {
        const auto result = guarded([&] {
          return engine::wait_container(running.client, id, engine::WaitCondition::not_running,
                                        std::chrono::milliseconds(0), all.get_token());
        });
        const std::scoped_lock lock(mutex);
        if (first) return;
        if (result)
          first = Ended{name, result->exit_code};
        else
          first = std::unexpected(result.error());
        all.request_stop();
      });
    }
  }
  return *first;
}

int take_down(const Session& session, const RunningProject& running) {
  const auto lock = lock_project(session, running.client.endpoint(), running.project.name, "wait", lock_patience);
  if (!lock) return fail(session, lock.error());
  const auto observed = execute::observe(running.client, running.project, session.stop);
  if (!observed) return fail(session, observed.error());
  return run_lifecycle_plan(session, running, "down", plan::plan_down(running.project, *observed, {}),
                            "nothing to remove");
}

int run_wait(const Session& session, const WaitOptions& options) {
  const auto running = options.down ? see_to_change(session, options.services, options.take_over)
                                    : open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  const auto containers = containers_of(*running, options.services);
  if (containers.empty())
    return fail(session, {ErrorKind::not_found, "no container to wait for", "saasctl up makes them"});
  const auto ended = first_end(session, *running, containers);
  if (!ended) return fail(session, ended.error());
  session.terminal.data(fmt::format("{} exited with code {}\n", ended->container, ended->exit_code));
  if (options.down) {
    if (const int code = take_down(session, *running); code != 0) return code;
  }
  return ended->exit_code;
}

}  // namespace

void setup_wait(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<WaitOptions>();
  auto* verb = app.add_subcommand("wait", "Wait until the first of some services ends; its exit code is the tool's");
  verb->add_option("service", options->services, "Services to wait for")->type_name("SERVICE")->required();
  verb->add_flag("--down-project", options->down, "Take the whole stack down then");
  verb->add_flag(
      "--take-over", options->take_over,
      "With --down-project: also when containers come from another folder's file with the same project name");
  verb->footer("\nExample: saasctl wait tests --down-project");
  verb->callback([=] { choose([options](const Session& session) { return run_wait(session, *options); }); });
}

}  // namespace saasctl::commands
