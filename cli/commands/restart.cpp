#include <memory>

#include "commands/living.hpp"

namespace saasctl::commands {
namespace {

struct RestartOptions {
  std::vector<std::string> services;
  std::optional<unsigned> timeout;
  bool no_deps = false;
};

int run_restart(const Session& session, const RestartOptions& options) {
  const auto scene = see(session, options.services);
  if (!scene) return fail(session, scene.error());
  const auto containers = observed_containers(*scene);
  const auto plan = plan::plan_restart({scene->project, containers, options.services}, options.no_deps);
  if (!plan) return fail(session, plan.error());
  return carry_living(session, *scene, "restart", *plan, "nothing to restart; saasctl up makes the containers",
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
  verb->footer("\nExample: saasctl restart web");
  verb->callback([=] { choose([options](const Session& session) { return run_restart(session, *options); }); });
}

}  // namespace saasctl::commands
