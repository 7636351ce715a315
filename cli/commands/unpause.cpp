#include <memory>

#include "commands/living.hpp"

namespace saasctl::commands {
namespace {

struct UnpauseOptions {
  std::vector<std::string> services;
};

int run_unpause(const Session& session, const UnpauseOptions& options) {
  const auto scene = see(session, options.services);
  if (!scene) return fail(session, scene.error());
  const auto containers = observed_containers(*scene);
  const auto plan = plan::plan_unpause({scene->project, containers, options.services});
  return carry_living(session, *scene, "unpause", plan, "nothing is paused");
}

}  // namespace

void setup_unpause(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UnpauseOptions>();
  auto* verb = app.add_subcommand("unpause", "Let paused services go on");
  add_services(*verb, options->services, "Services to unpause; all when none is named");
  verb->footer("\nExample: saasctl unpause web");
  verb->callback([=] { choose([options](const Session& session) { return run_unpause(session, *options); }); });
}

}  // namespace saasctl::commands
