#include <memory>

#include "commands/origin.hpp"
#include "commands/run_lifecycle.hpp"

namespace saasctl::commands {
namespace {

struct PauseOptions {
  std::vector<std::string> services;
  bool take_over = false;
};

// Both are one plan, carried out; `nothing` is said when it is empty.
struct Verb {
  const char* name;
  plan::Plan (*plan)(const plan::Lifecycle&);
  const char* nothing;
};

int run(const Session& session, const PauseOptions& options, const Verb& verb) {
  const auto running = see_to_change(session, options.services, options.take_over);
  if (!running) return fail(session, running.error());
  const auto containers = observed_containers(*running);
  const auto plan = verb.plan({running->project, containers, options.services});
  return run_lifecycle_plan(session, *running, verb.name, plan, verb.nothing);
}

void setup(CLI::App& app, const Choose& choose, const Verb& verb, const char* does, const char* which) {
  const auto options = std::make_shared<PauseOptions>();
  auto* command = app.add_subcommand(verb.name, does);
  add_services(*command, options->services, which);
  add_take_over_option(*command, options->take_over);
  command->footer(std::string("\nExample: saasctl ") + verb.name + " web");
  command->callback([=] { choose([=](const Session& session) { return run(session, *options, verb); }); });
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
