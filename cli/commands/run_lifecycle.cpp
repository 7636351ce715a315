#include "commands/run_lifecycle.hpp"

#include "commands/run_plan.hpp"

namespace saasctl::commands {

void add_services(CLI::App& verb, std::vector<std::string>& services, const std::string& what) {
  verb.add_option("service", services, what)->type_name("SERVICE");
}

void add_timeout(CLI::App& verb, std::optional<unsigned>& timeout) {
  verb.add_option(
          "-t,--timeout", timeout,
          "Seconds a container gets to end by itself before it is killed; default: its stop_grace_period, or 10")
      ->type_name("SECONDS");
}

int run_lifecycle_plan(const Session& session, const RunningProject& running, const std::string& verb,
                       const plan::Plan& plan, const std::string& nothing, std::optional<unsigned> timeout) {
  if (!plan.changes) {
    session.terminal.message(nothing);
    return 0;
  }
  terminal::Board board(session.terminal, verb);
  execute::ExecuteOptions execute;
  if (timeout) execute.stop_grace = std::chrono::seconds(*timeout);
  const auto done = run_plan(session, running.client, running.project, plan, execute, board);
  board.finish();
  return done ? 0 : report_service_failure(session, done.error());
}

}  // namespace saasctl::commands
