#include <memory>

#include "commands/run_lifecycle.hpp"

namespace saasctl::commands {
namespace {

using Services = std::vector<std::string>;

// Both are one plan, carried out; `nothing` is said when it is empty.
struct Verb {
  const char* name;
  plan::Plan (*plan)(const plan::Lifecycle&);
  const char* nothing;
};

int run(const Session& session, const Services& services, const Verb& verb) {
  const auto running = open_running_project(session, services);
  if (!running) return fail(session, running.error());
  const auto containers = observed_containers(*running);
  return run_lifecycle_plan(session, *running, verb.name, verb.plan({running->project, containers, services}),
                            verb.nothing);
}

void setup(CLI::App& app, const Choose& choose, const Verb& verb, const char* does, const char* which) {
  const auto services = std::make_shared<Services>();
  auto* command = app.add_subcommand(verb.name, does);
  add_services(*command, *services, which);
  command->footer(std::string("\nExample: saasctl ") + verb.name + " web");
  command->callback([=] { choose([=](const Session& session) { return run(session, *services, verb); }); });
}

}  // namespace

void setup_pause(CLI::App& app, const Choose& choose) {
  setup(app, choose, {"pause", plan::plan_pause, "nothing to pause"},
        "Freeze the processes of the services, without their noticing", "Services to pause; all when none is named");
}

void setup_unpause(CLI::App& app, const Choose& choose) {
  setup(app, choose, {"unpause", plan::plan_unpause, "nothing is paused"}, "Let paused services go on",
        "Services to unpause; all when none is named");
}

}  // namespace saasctl::commands
