#include <memory>

#include "commands/origin.hpp"
#include "commands/run_lifecycle.hpp"

namespace saasctl::commands {
namespace {

struct RestartOptions {
  std::vector<std::string> services;
  bool take_over = false;
  std::optional<unsigned> timeout;
  bool no_deps = false;
};

int run_restart(const Session& session, const RestartOptions& options) {
  const auto running = see_to_change(session, options.services, options.take_over);
  if (!running) return fail(session, running.error());
  const auto containers = observed_containers(*running);
  const auto plan = plan::plan_restart({running->project, containers, options.services}, options.no_deps);
  if (!plan) return fail(session, plan.error());
  return run_lifecycle_plan(session, *running, "restart", *plan, "nothing to restart; saasctl up makes the containers",
                            options.timeout);
}

}  // namespace

void setup_restart(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<RestartOptions>();
  auto* verb = app.add_subcommand("restart", "Stop services, dependants first, and start them, dependencies first");
  add_services(*verb, options->services, "Services to restart; all when none is named");
  add_timeout(*verb, options->timeout);
  verb->add_flag("--no-deps", options->no_deps,
                 "Leave those alone that depend on a restarted service with restart: true");
  add_take_over_option(*verb, options->take_over);
  verb->footer("\nExample: saasctl restart web");
  verb->callback([=] { choose([options](const Session& session) { return run_restart(session, *options); }); });
}

}  // namespace saasctl::commands
