#include <memory>

#include "commands/living.hpp"

namespace saasctl::commands {
namespace {

struct StopOptions {
  std::vector<std::string> services;
  std::optional<unsigned> timeout;
};

int run_stop(const Session& session, const StopOptions& options) {
  const auto scene = see(session, options.services);
  if (!scene) return fail(session, scene.error());
  const auto containers = observed_containers(*scene);
  const auto plan = plan::plan_stop({scene->project, containers, options.services});
  return carry_living(session, *scene, "stop", plan, "nothing to stop", options.timeout);
}

}  // namespace

void setup_stop(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<StopOptions>();
  auto* verb = app.add_subcommand("stop", "Stop services, dependants first; their containers stay");
  add_services(*verb, options->services, "Services to stop; all when none is named");
  add_timeout(*verb, options->timeout);
  verb->footer("\nExample: saasctl stop -t 3 web");
  verb->callback([=] { choose([options](const Session& session) { return run_stop(session, *options); }); });
}

}  // namespace saasctl::commands
