#include "commands/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>

#include "commands/command.hpp"
#include "commands/command_tail.hpp"
#include "commands/signals.hpp"
#include "commands/usage.hpp"
#include "terminal/raw.hpp"

namespace saasctl::commands {
namespace {

constexpr auto description =
    "One stack.yaml: Dockerfiles, Compose file, images, a running stack, and the proof that it works.";
constexpr auto footer = R"(
Exit codes: 0 done; 1 failed; 2 bad usage or stack file; 3 verify found failures; 4 drift; 5 no engine; 129, 130,
143 after SIGHUP, SIGINT, SIGTERM; 141 when the reader of the output has gone.

Example: saasctl build && saasctl up && saasctl verify)";

void setup_globals(CLI::App& app, GlobalOptions& options) {
  const auto repeated = [&app](std::string name, std::vector<std::string>& values, std::string doc) {
    return app.add_option(std::move(name), values, std::move(doc))->allow_extra_args(false);
  };
  repeated("-f,--file", options.files,
           "Stack or Compose file, - for standard input; again for more, each laid over those before it; default: "
           "COMPOSE_FILE, else stack.yaml or a Compose file of this folder or one above it, with its override file")
      ->type_name("FILE");
  repeated("--profile", options.profiles,
           "Profile to make active, * for all; again for more; default: COMPOSE_PROFILES")
      ->type_name("NAME");
  repeated("--env-file", options.env_files,
           "File of variables; again for more; default: COMPOSE_ENV_FILES, else .env of the project's folder")
      ->type_name("FILE");
  app.add_option("--project-directory", options.project_directory,
                 "Folder where relative paths start; default: that of the first file")
      ->type_name("FOLDER");
  app.add_option("-p,--project-name", options.project_name,
                 "Name of the project; default: the file's name:, or its folder")
      ->type_name("NAME");
  app.add_option("--host", options.host,
                 "Engine to talk to instead of DOCKER_HOST: unix://PATH, tcp://HOST:PORT or "
                 "ssh://USER@HOST")
      ->type_name("URL");
  app.add_option("--context", options.context, "Docker context to use; default: as the docker command chooses")
      ->type_name("NAME");
  app.add_flag("--no-color", options.no_color, "No colours; a NO_COLOR that is not empty does the same");
  app.add_option("--progress", options.progress, "How progress is shown")
      ->check(CLI::IsMember({"auto", "tty", "plain", "json", "quiet"}))
      ->capture_default_str();
  app.set_version_flag("--version", "saasctl " SAASCTL_VERSION);
  app.require_subcommand(0, 1);  // missing_verb() distinguishes a missing command from a mistyped one
  app.fallthrough();
  app.footer(footer);
}

bool no_color_wanted(const GlobalOptions& options, const yaml::Variables& environment) {
  const auto found = environment.find("NO_COLOR");
  return options.no_color || (found != environment.end() && !found->second.empty());
}

// No verb, or a word that is none.
std::string missing_verb(const CLI::App& app) {
  const auto words = app.remaining();
  const auto word = std::ranges::find_if(words, [](const std::string& text) { return !text.starts_with('-'); });
  if (word != words.end() || words.empty())
    return unknown_verb(app, word == words.end() ? std::nullopt : std::optional(*word));
  return usage_text(app, CLI::ExtrasError(words));
}

// --help, --version, or an error.
int parse_end(const CLI::App& app, const CLI::ParseError& error, const terminal::Terminal& terminal) {
  if (error.get_exit_code() == 0) {
    std::ostringstream text;
    app.exit(error, text, text);
    terminal.data(text.str());
    return 0;
  }
  const bool no_verb = app.get_subcommands().empty() && dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  terminal::write_lines(no_verb ? missing_verb(app) : usage_text(app, error));
  return exit_code(ErrorKind::usage);
}

// Ctrl-C is how these are ended, or nothing is left to go on with.
bool goes_on_for_ever(const CLI::App& app) {
  constexpr std::array verbs{"logs", "stats", "events", "watch", "wait", "exec", "run"};
  const auto* up = app.get_subcommand("up");
  return std::ranges::any_of(verbs, [&](const char* verb) { return app.got_subcommand(verb); }) ||
         up->count("--abort-on-container-exit") + up->count("--exit-code-from") > 0;
}

// What was written must have reached its place, unless its reader wanted no more: then the code is that of SIGPIPE.
int final_code(const terminal::Terminal& terminal, int code) {
  const auto flushed = terminal.flush();
  const bool unread = !flushed && flushed.error().kind == ErrorKind::interrupted;
  if (unread || (code == exit_code(ErrorKind::interrupted) && terminal.reader_has_gone())) return 128 + SIGPIPE;
  if (flushed || code != 0) return code;
  terminal.error(flushed.error());
  return exit_code(flushed.error().kind);
}

}  // namespace

void setup_all(CLI::App& app, const Choose& choose) {
  for (const auto setup :
       {setup_render,  setup_schema,  setup_reference, setup_secrets, setup_build, setup_config,  setup_plan,
        setup_up,      setup_create,  setup_scale,     setup_down,    setup_ps,    setup_logs,    setup_exec,
        setup_one_off, setup_cp,      setup_watch,     setup_stop,    setup_start, setup_restart, setup_kill,
        setup_pause,   setup_unpause, setup_rm,        setup_ls,      setup_port,  setup_images,  setup_volumes,
        setup_version, setup_top,     setup_stats,     setup_events,  setup_wait,  setup_pull,    setup_push,
        setup_verify,  setup_help}) {
    setup(app, choose);
  }
}

int run(int argc, const char* const* argv) {
  const Signals signals;
  GlobalOptions options;
  Action action;
  CLI::App app(description, "saasctl");
  setup_globals(app, options);
  setup_all(app, [&action](Action chosen) { action = std::move(chosen); });
  const auto environment = project::process_environment();
  try {
    auto words = split_tail(app, {argv + 1, argv + argc});
    options.tail = std::move(words.tail);
    std::ranges::reverse(words.own);  // CLI11 takes them from the back
    app.parse(std::move(words.own));
  } catch (const CLI::ParseError& error) {
    const terminal::Terminal terminal({terminal::ProgressMode::plain, !no_color_wanted(options, environment)});
    return final_code(terminal, parse_end(app, error, terminal));
  }
  const terminal::Terminal terminal(
      {terminal::progress_mode(options.progress), !no_color_wanted(options, environment)});
  if (!action) {
    terminal::write_lines(missing_verb(app));
    return exit_code(ErrorKind::usage);
  }
  const Session session{options, environment, terminal, signals.token(), &signals};
  const int code = action(session);
  if (signals.received() != 0 && code == exit_code(ErrorKind::interrupted)) {
    if (!goes_on_for_ever(app))
      terminal.message(fmt::format("stopped by signal {}; run the command again to go on", signals.received()));
    return 128 + signals.received();
  }
  return final_code(terminal, code);
}

}  // namespace saasctl::commands
