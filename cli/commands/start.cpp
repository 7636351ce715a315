#include <memory>

#include "commands/living.hpp"

namespace saasctl::commands {
namespace {

struct StartOptions {
  std::vector<std::string> services;
};

int run_start(const Session& session, const StartOptions& options) {
  const auto scene = see(session, options.services);
  if (!scene) return fail(session, scene.error());
  const auto containers = observed_containers(*scene);
  if (chosen(*scene, {}).empty())
    return fail(session, {ErrorKind::not_found, "there are no containers of project " + scene->project.name,
                          "saasctl up makes and starts them"});
  const auto plan = plan::plan_start({scene->project, containers, options.services});
  if (!plan) return fail(session, plan.error());
  return carry_living(session, *scene, "start", *plan, "everything runs already");
}

}  // namespace

void setup_start(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<StartOptions>();
  auto* verb = app.add_subcommand("start", "Start stopped services again, dependencies first; nothing is made anew");
  add_services(*verb, options->services, "Services to start, with what they depend on; all when none is named");
  verb->footer("\nExample: saasctl start web");
  verb->callback([=] { choose([options](const Session& session) { return run_start(session, *options); }); });
}

}  // namespace saasctl::commands
