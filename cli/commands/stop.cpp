#include <memory>

#include "commands/origin.hpp"
#include "commands/run_lifecycle.hpp"

namespace saasctl::commands {
namespace {

struct StopOptions {
  std::vector<std::string> services;
  bool take_over = false;
  std::optional<unsigned> timeout;
};

int run_stop(const Session& session, const StopOptions& options) {
  const auto running = see_to_change(session, options.services, options.take_over);
  if (!running) return fail(session, running.error());
  const auto containers = observed_containers(*running);
  const auto plan = plan::plan_stop({running->project, containers, options.services});
  return run_lifecycle_plan(session, *running, "stop", plan, "nothing to stop", options.timeout);
}

}  // namespace

void setup_stop(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<StopOptions>();
  auto* verb = app.add_subcommand("stop", "Stop services, dependants first; their containers stay");
  add_services(*verb, options->services, "Services to stop; all when none is named");
  add_timeout(*verb, options->timeout);
  add_take_over_option(*verb, options->take_over);
  verb->footer("\nExample: saasctl stop -t 3 web");
  verb->callback([=] { choose([options](const Session& session) { return run_stop(session, *options); }); });
}

}  // namespace saasctl::commands
