#include "commands/run.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "commands/command_tail.hpp"
#include "commands/signals.hpp"
#include "commands/verb.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

constexpr auto description =
    "One stack.yaml: Dockerfiles, Compose file, images, a running stack, and the proof that it works.";
constexpr auto footer = R"(
Exit codes: 0 done; 1 failed; 2 bad usage or stack file; 3 verify found failures; 4 drift; 5 no engine; 130, 143 on signals.

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
  app.add_option("--host", options.host, "Engine to talk to instead of DOCKER_HOST: unix://PATH or tcp://HOST:PORT")
      ->type_name("URL");
  app.add_option("--context", options.context, "Docker context to use; default: as the docker command chooses")
      ->type_name("NAME");
  app.add_flag("--no-color", options.no_color, "No colours; a NO_COLOR that is not empty does the same");
  app.add_option("--progress", options.progress, "How progress is shown")
      ->check(CLI::IsMember({"auto", "tty", "plain", "json", "quiet"}))
      ->capture_default_str();
  app.set_version_flag("--version", "saasctl " SAASCTL_VERSION);
  app.require_subcommand(0, 1);  // none is told apart from a mistyped one in missing_verb()
  app.fallthrough();
  app.footer(footer);
}

bool no_color_wanted(const GlobalOptions& options, const stack::Variables& environment) {
  const auto found = environment.find("NO_COLOR");
  return options.no_color || (found != environment.end() && !found->second.empty());
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {  // --help, --version
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  std::fputs(fmt::format("error: {}\n       saasctl --help lists the verbs, saasctl VERB --help the options of one\n",
                         error.what())
                 .c_str(),
             stderr);
  return 2;
}

// No verb, or a word that is none.
int missing_verb(const CLI::App& app) {
  std::vector<std::string> verbs;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) verbs.push_back(verb->get_name());
  const auto words = app.remaining();
  const auto word = std::ranges::find_if(words, [](const std::string& text) { return !text.starts_with('-'); });
  const auto close = word == words.end() ? std::nullopt : nearest(*word, verbs);
  const auto what = word == words.end() ? "which verb?" : fmt::format("unknown verb '{}'", *word);
  const auto hint = close ? "did you mean '" + *close + "'? saasctl --help lists them all"
                          : "verbs: " + join(verbs, ", ") + "; saasctl --help says more";
  std::fputs(fmt::format("error: {}\n       {}\n", what, hint).c_str(), stderr);
  return 2;
}

}  // namespace

void setup_all(CLI::App& app, const Choose& choose) {
  for (const auto setup :
       {setup_render, setup_schema, setup_reference, setup_secrets, setup_build,   setup_config,  setup_plan,
        setup_up,     setup_down,   setup_ps,        setup_logs,    setup_exec,    setup_one_off, setup_cp,
        setup_watch,  setup_stop,   setup_start,     setup_restart, setup_kill,    setup_pause,   setup_unpause,
        setup_rm,     setup_ls,     setup_port,      setup_images,  setup_volumes, setup_version, setup_top,
        setup_stats,  setup_events, setup_wait,      setup_pull,    setup_push,    setup_verify}) {
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
  try {
    auto words = split_tail(app, {argv + 1, argv + argc});
    options.tail = std::move(words.tail);
    std::ranges::reverse(words.own);  // CLI11 takes them from the back
    app.parse(std::move(words.own));
  } catch (const CLI::ExtrasError& error) {
    return app.get_subcommands().empty() ? missing_verb(app) : usage_error(app, error);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  if (!action) return missing_verb(app);
  const auto environment = project::process_environment();
  const terminal::Terminal terminal(
      {terminal::progress_mode(options.progress), !no_color_wanted(options, environment)});
  const Session session{options, environment, terminal, signals.token()};
  int code = action(session);
  if (const auto flushed = terminal.flush(); !flushed && code == 0) code = fail(session, flushed.error());
  if (signals.received() != 0 && code == exit_code(Fault::interrupted)) {
    terminal.message(fmt::format("stopped by signal {}; run the command again to go on", signals.received()));
    return 128 + signals.received();
  }
  return code;
}

}  // namespace saasctl::commands
