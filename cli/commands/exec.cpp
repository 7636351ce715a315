#include "engine/exec.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <thread>

#include "commands/attach.hpp"
#include "commands/command.hpp"
#include "commands/exec_output_filter.hpp"
#include "commands/project_lookup.hpp"
#include "commands/service_container.hpp"
#include "terminal/raw.hpp"
#include "util/guarded.hpp"
#include "util/text.hpp"
#include "util/wait.hpp"

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

// The exit code; nothing when the command goes on without us: ctrl-p ctrl-q has ended the streams of its terminal.
Result<std::optional<int>> exit_code_of(const Session& session, const engine::Client& client, const std::string& exec,
                                        bool tty) {
  using namespace std::chrono_literals;
  constexpr auto patience = 2s;  // with an engine that needs a moment to see the end
  std::stop_source over;
  const std::stop_callback outer(session.stop, [&over] { over.request_stop(); });
  const std::jthread limit([&](const std::stop_token& ended) {
    const auto waited = guarded([&]() -> Result<void> {
      const StopSignal signal(ended);
      if (tty && !signal.wait_for(patience)) over.request_stop();
      return {};
    });
    if (!waited) over.request_stop();
  });
  const auto code = engine::exec_exit_code(client, exec, over.get_token());
  if (code) return *code;
  if (tty && !session.stop.stop_requested() && code.error().kind == ErrorKind::interrupted) return std::nullopt;
  return std::unexpected(code.error());
}

bool says(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// The engine's words, without those of who said it to whom.
int fail_to_start(const Session& session, const std::string& service, std::string text, int code) {
  constexpr std::string_view head = "unable to start container process: ";
  constexpr std::string_view tail = ": unknown";
  if (const auto at = text.find(head); at != std::string::npos) text.erase(0, at + head.size());
  text = trim(text);
  if (text.ends_with(tail)) text.resize(text.size() - tail.size());
  const bool missing =
      says(text, "executable file not found") || (text.starts_with("exec:") && says(text, "no such file"));
  std::string hint = "check that it is a program and that the user may run it";
  if (missing) hint = fmt::format("check its name; saasctl exec {} sh is a shell to look around with", service);
  if (says(text, "unable to find")) hint = "--user takes a name that the container's /etc/passwd has, or a number";
  if (says(text, "chdir")) hint = "--workdir takes a folder of the container";
  session.terminal.error({ErrorKind::failed, fmt::format("{}: the command was not started: {}", service, text), hint});
  return missing ? 127 : code;
}

// Of an error that says the command cannot be started, or any other; engines look for its user and its program at
// different times.
int refused(const Session& session, const std::string& service, const Error& error) {
  const auto code = engine::exec_start_failure(error);
  return code ? fail_to_start(session, service, error.message, *code) : fail(session, error);
}

int leave() {
  terminal::write_lines("\nleft; the command goes on in the container");
  return 0;
}

int run_attached(const Session& session, const engine::Client& client, const std::string& service,
                 const std::string& exec, bool tty) {
  auto connection = engine::exec_attach(client, exec, tty, session.stop);
  if (!connection) return refused(session, service, connection.error());
  const auto resize = [&](terminal::WindowSize size) {
    return engine::exec_resize(client, exec, size.rows, size.columns, session.stop).has_value();
  };
  ExecOutputFilter output(session.stop);
  const auto carried = attach_streams(session, *connection, tty, true, resize, output.descriptor());
  const auto held = output.finish();
  if (!carried) return fail(session, carried.error());
  if (tty && is_detach_message(held)) return leave();
  const auto code = exit_code_of(session, client, exec, tty);
  if (!code) return fail(session, code.error());
  if (!held.empty() && (*code == 126 || *code == 127)) return fail_to_start(session, service, held, **code);
  if (!*code) return leave();
  terminal::write_raw(held);
  return **code;
}

int run_exec(const Session& session, const ExecVerb& verb) {
  const auto& command = session.options.tail;
  if (command.empty()) {
    return fail(session, {ErrorKind::usage, "exec needs a command to run in the container",
                          fmt::format("for example: saasctl exec {} sh", verb.service)});
  }
  const auto running = open_running_project(session, {verb.service});
  if (!running) return fail(session, running.error());
  const auto& client = running->client;
  const auto container = service_container(*running, verb.service, verb.index);
  if (!container) return fail(session, container.error());
  if (container->state != "running") {
    return fail(session,
                {ErrorKind::conflict, fmt::format("{} is {}, it does not run", container->name, container->state),
                 "saasctl up " + verb.service + " starts it"});
  }

  auto options = verb.options;
  options.tty = !verb.no_tty && !verb.detach && has_terminal();
  options.input = !verb.detach;
  options.environment = with_values(project_lookup(session, running->project), verb.environment);
  const auto exec = engine::exec_create(client, container->id, command, options, session.stop);
  if (!exec) return refused(session, verb.service, exec.error());
  if (!verb.detach) return run_attached(session, client, verb.service, *exec, options.tty);
  const auto started = engine::exec_detached(client, *exec, options.tty, session.stop);
  return started ? 0 : refused(session, verb.service, started.error());
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
