#include <memory>

#include "commands/command.hpp"
#include "commands/usage.hpp"
#include "terminal/raw.hpp"

namespace saasctl::commands {
namespace {

int run_help(const CLI::App& app, const Session& session, const std::string& name) {
  if (name.empty()) {
    session.terminal.data(whole_help(app));
    return 0;
  }
  const auto* verb = find_verb(app, name);
  if (verb != nullptr) {
    session.terminal.data(verb->help(app.get_name(), CLI::AppFormatMode::Normal));
    return 0;
  }
  terminal::write_lines(unknown_verb(app, name));
  return exit_code(ErrorKind::usage);
}

}  // namespace

void setup_help(CLI::App& app, const Choose& choose) {
  const auto name = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("help", "Print the help of a command, or of the whole program");
  verb->add_option("verb", *name, "Command")->type_name("COMMAND");
  verb->footer("\nExample: saasctl help up");
  verb->callback([=, &app] { choose([name, &app](const Session& session) { return run_help(app, session, *name); }); });
}

}  // namespace saasctl::commands
