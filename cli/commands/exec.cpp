#include "engine/exec.hpp"

#include <fmt/format.h>

#include <memory>

#include "commands/attach.hpp"
#include "commands/service_container.hpp"
#include "commands/verb.hpp"

namespace saasctl::commands {
namespace {

struct ExecVerb {
  std::string service;
  bool no_tty = false;
  bool habits = false;  // -i and -t, which change nothing
  bool detach = false;
  unsigned index = 0;
  std::vector<std::string> environment;
  engine::ExecOptions options;
};

int run_attached(const Session& session, const engine::Client& client, const std::string& exec, bool tty) {
  auto connection = engine::exec_attach(client, exec, tty, session.stop);
  if (!connection) {
    const auto code = engine::exec_start_failure(connection.error());
    fail(session, connection.error());
    return code.value_or(exit_code(connection.error().fault));
  }
  const auto resize = [&](terminal::WindowSize size) {
    return engine::exec_resize(client, exec, size.rows, size.columns, session.stop).has_value();
  };
  if (const auto carried = attach_streams(session, *connection, tty, true, resize); !carried)
    return fail(session, carried.error());
  const auto code = engine::exec_exit_code(client, exec, session.stop);
  return code ? *code : fail(session, code.error());
}

int run_exec(const Session& session, const ExecVerb& verb) {
  const auto& command = session.options.tail;
  if (command.empty()) {
    return fail(session, {Fault::usage, "exec needs a command to run in the container",
                          fmt::format("for example: saasctl exec {} sh", verb.service)});
  }
  const auto project = load_project(session, stack::Mode::resolve);
  if (!project) return fail(session, project.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  const auto container = service_container(session, *client, *project, verb.service, verb.index);
  if (!container) return fail(session, container.error());
  if (container->state != "running") {
    return fail(session, {Fault::conflict, fmt::format("{} is {}, it does not run", container->name, container->state),
                          "saasctl up " + verb.service + " starts it"});
  }

  auto options = verb.options;
  options.tty = !verb.no_tty && !verb.detach && has_terminal();
  options.input = !verb.detach;
  options.environment = with_values(session, verb.environment);
  const auto exec = engine::exec_create(*client, container->id, command, options, session.stop);
  if (!exec) return fail(session, exec.error());
  if (!verb.detach) return run_attached(session, *client, *exec, options.tty);
  const auto started = engine::exec_detached(*client, *exec, options.tty, session.stop);
  return started ? 0 : fail(session, started.error());
}

}  // namespace

void setup_exec(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<ExecVerb>();
  auto* verb = app.add_subcommand(
      "exec",
      "Run a command in a running container; it gets your terminal when there is one. "
      "All words after SERVICE are the command: saasctl exec [OPTIONS] SERVICE COMMAND [ARGUMENT...]");
  verb->prefix_command();
  verb->add_option("service", options->service, "Service whose container it is")->required()->type_name("SERVICE");
  verb->add_flag("-T,--no-tty,--no-TTY", options->no_tty,
                 "No terminal for the command, also when you have one: streams stay separate");
  verb->add_flag("-i,--interactive,-t,--tty", options->habits,
                 "Accepted for those who are used to it: both are so by themselves");
  verb->add_flag("-d,--detach", options->detach, "Start the command and leave it to itself");
  verb->add_option("-u,--user", options->options.user, "User or user:group that it runs as")->type_name("USER");
  verb->add_option("-w,--workdir", options->options.working_directory, "Folder in the container that it runs in")
      ->type_name("DIR");
  verb->add_option("-e,--env", options->environment, "Variable for it; without a value it gets yours")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb->add_option("--index", options->index, "Number of the container, when the service has several")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--privileged", options->options.privileged, "All of the host's privileges for the command");
  verb->footer(
      "\nThe exit code is the command's own.\n\nExample: saasctl exec -u postgres postgres psql -c 'select 1'");
  verb->callback([=] { choose([options](const Session& session) { return run_exec(session, *options); }); });
}

}  // namespace saasctl::commands
