#include <memory>

#include "commands/living.hpp"

namespace saasctl::commands {
namespace {

using Services = std::vector<std::string>;

int run_pause(const Session& session, const Services& services) {
  const auto scene = see(session, services);
  if (!scene) return fail(session, scene.error());
  const auto containers = observed_containers(*scene);
  const auto plan = plan::plan_pause({scene->project, containers, services});
  return carry_living(session, *scene, "pause", plan, "nothing to pause");
}

int run_unpause(const Session& session, const Services& services) {
  const auto scene = see(session, services);
  if (!scene) return fail(session, scene.error());
  const auto containers = observed_containers(*scene);
  const auto plan = plan::plan_unpause({scene->project, containers, services});
  return carry_living(session, *scene, "unpause", plan, "nothing is paused");
}

}  // namespace

void setup_pause(CLI::App& app, const Choose& choose) {
  const auto services = std::make_shared<Services>();
  auto* verb = app.add_subcommand("pause", "Freeze the processes of the services, without their noticing");
  add_services(*verb, *services, "Services to pause; all when none is named");
  verb->footer("\nExample: saasctl pause web");
  verb->callback([=] { choose([services](const Session& session) { return run_pause(session, *services); }); });
}

void setup_unpause(CLI::App& app, const Choose& choose) {
  const auto services = std::make_shared<Services>();
  auto* verb = app.add_subcommand("unpause", "Let paused services go on");
  add_services(*verb, *services, "Services to unpause; all when none is named");
  verb->footer("\nExample: saasctl unpause web");
  verb->callback([=] { choose([services](const Session& session) { return run_unpause(session, *services); }); });
}

}  // namespace saasctl::commands
