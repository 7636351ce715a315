#include <memory>

#include "commands/living.hpp"

namespace saasctl::commands {
namespace {

struct KillOptions {
  std::vector<std::string> services;
  std::string signal = "SIGKILL";
};

int run_kill(const Session& session, const KillOptions& options) {
  const auto scene = see(session, options.services);
  if (!scene) return fail(session, scene.error());
  const auto containers = observed_containers(*scene);
  const auto plan = plan::plan_kill({scene->project, containers, options.services}, options.signal);
  return carry_living(session, *scene, "kill", plan, "nothing runs");
}

}  // namespace

void setup_kill(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<KillOptions>();
  auto* verb = app.add_subcommand("kill", "Send a signal to services, all at once");
  add_services(*verb, options->services, "Services that get it; all that run when none is named");
  verb->add_option("-s,--signal", options->signal, "Name or number of the signal")
      ->type_name("SIGNAL")
      ->capture_default_str();
  verb->footer("\nExample: saasctl kill -s SIGHUP web");
  verb->callback([=] { choose([options](const Session& session) { return run_kill(session, *options); }); });
}

}  // namespace saasctl::commands
