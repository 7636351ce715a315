#include <algorithm>
#include <memory>

#include "commands/origin.hpp"
#include "commands/project_lock.hpp"
#include "commands/run_lifecycle.hpp"

namespace saasctl::commands {
namespace {

struct StartOptions {
  std::vector<std::string> services;
  bool take_over = false;
};

// Then containers are made, which takes the lock.
bool has_pre_start(const project::Project& project) {
  return std::ranges::any_of(project.services, [](const auto& service) { return !service.pre_start.empty(); });
}

int run_start(const Session& session, const StartOptions& options) {
  auto running = see_to_change(session, options.services, options.take_over);
  if (!running) return fail(session, running.error());
  std::optional<FileLock> lock;
  if (has_pre_start(running->project)) {
    auto taken = lock_project(session, running->client.endpoint(), running->project.name, "start", lock_patience);
    if (!taken) return fail(session, taken.error());
    lock.emplace(std::move(*taken));
    if (auto looked = refresh(session, *running); !looked) return fail(session, looked.error());
  }
  const auto containers = observed_containers(*running);
  if (containers_of(*running, {}).empty())
    return fail(session, {ErrorKind::not_found, "project " + running->project.name + " has no containers",
                          "saasctl up makes and starts them"});
  const auto plan = plan::plan_start({running->project, containers, options.services});
  if (!plan) return fail(session, plan.error());
  return run_lifecycle_plan(session, *running, "start", *plan, "everything runs already");
}

}  // namespace

void setup_start(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<StartOptions>();
  auto* verb = app.add_subcommand("start", "Start stopped services again, dependencies first; nothing is recreated");
  add_services(*verb, options->services, "Services to start, with what they depend on; all when none is named");
  add_take_over_option(*verb, options->take_over);
  verb->footer("\nExample: saasctl start web");
  verb->callback([=] { choose([options](const Session& session) { return run_start(session, *options); }); });
}

}  // namespace saasctl::commands
