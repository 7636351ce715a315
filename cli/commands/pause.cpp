#include <memory>

#include "commands/living.hpp"

namespace saasctl::commands {
namespace {

struct PauseOptions {
  std::vector<std::string> services;
};

int run_pause(const Session& session, const PauseOptions& options) {
  const auto scene = see(session, options.services);
  if (!scene) return fail(session, scene.error());
  const auto containers = observed_containers(*scene);
  const auto plan = plan::plan_pause({scene->project, containers, options.services});
  return carry_living(session, *scene, "pause", plan, "nothing to pause");
}

}  // namespace

void setup_pause(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<PauseOptions>();
  auto* verb = app.add_subcommand("pause", "Freeze the processes of the services, without their noticing");
  add_services(*verb, options->services, "Services to pause; all when none is named");
  verb->footer("\nExample: saasctl pause web");
  verb->callback([=] { choose([options](const Session& session) { return run_pause(session, *options); }); });
}

}  // namespace saasctl::commands
