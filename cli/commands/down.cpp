#include <memory>

#include "commands/carry.hpp"
#include "commands/project_lock.hpp"
#include "commands/verb.hpp"
#include "execute/observe.hpp"

namespace saasctl::commands {
namespace {

struct DownOptions {
  bool volumes = false;
  std::optional<unsigned> timeout;
};

int run_down(const Session& session, const DownOptions& options) {
  const auto project = load_project(session, stack::Mode::resolve);
  if (!project) return fail(session, project.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  const auto lock = lock_project(session, client->endpoint(), project->name, "down", lock_patience);
  if (!lock) return fail(session, lock.error());
  const auto observed = execute::observe(*client, *project, session.stop);
  if (!observed) return fail(session, observed.error());
  const auto plan = plan::plan_down(*project, *observed, {options.volumes});
  if (!plan.changes) {
    session.terminal.message("nothing to remove");
    return 0;
  }
  terminal::Board board(session.terminal, "down");
  execute::ExecuteOptions execute;
  if (options.timeout) execute.stop_grace = std::chrono::seconds(*options.timeout);
  const auto done = carry_plan(session, *client, *project, plan, execute, board);
  board.finish();
  return done ? 0 : fail(session, done.error());
}

}  // namespace

void setup_down(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<DownOptions>();
  auto* verb = app.add_subcommand("down", "Stop and remove the containers and networks; volumes stay");
  verb->add_flag("--volumes", options->volumes, "Remove the volumes too: their data is lost");
  verb->add_option("-t,--timeout", options->timeout, "Seconds a container gets to end by itself before it is killed")
      ->type_name("SECONDS");
  verb->footer("\nExample: saasctl down");
  verb->callback([=] { choose([options](const Session& session) { return run_down(session, *options); }); });
}

}  // namespace saasctl::commands
