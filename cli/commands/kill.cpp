#include <csignal>
#include <cstring>
#include <memory>

#include "commands/origin.hpp"
#include "commands/run_lifecycle.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct KillOptions {
  std::vector<std::string> services;
  bool take_over = false;
  std::string signal = "SIGKILL";
};

// Of Linux, where containers run: 9, KILL, SIGKILL, SIGRTMIN+3.
bool is_signal(const std::string& text) {
  if (const auto number = parse_integer(text)) return *number >= 1 && *number <= 64;
  auto name = to_lower(text);
  if (name.starts_with("sig")) name.erase(0, 3);
  if (name.starts_with("rtmin") || name.starts_with("rtmax")) return true;  // the engine judges the rest
  for (int i = 1; i < NSIG; ++i) {
    const char* known = ::sigabbrev_np(i);
    if (known && name == to_lower(known)) return true;
  }
  return name == "io" || name == "cld" || name == "iot";
}

std::string check_signal(const std::string& text) {
  if (is_signal(text)) return "";
  return "'" + text + "' is not a signal; for example SIGTERM, HUP, or a number such as 9";
}

int run_kill(const Session& session, const KillOptions& options) {
  const auto running = see_to_change(session, options.services, options.take_over);
  if (!running) return fail(session, running.error());
  const auto containers = observed_containers(*running);
  const auto plan = plan::plan_kill({running->project, containers, options.services}, options.signal);
  return run_lifecycle_plan(session, *running, "kill", plan, "nothing runs");
}

}  // namespace

void setup_kill(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<KillOptions>();
  auto* verb = app.add_subcommand("kill", "Send a signal to services, all at once");
  add_services(*verb, options->services, "Services that get it; all that run when none is named");
  verb->add_option("-s,--signal", options->signal, "Name or number of the signal")
      ->type_name("SIGNAL")
      ->check(CLI::Validator(check_signal, ""))
      ->capture_default_str();
  add_take_over_option(*verb, options->take_over);
  verb->footer("\nExample: saasctl kill -s SIGHUP web");
  verb->callback([=] { choose([options](const Session& session) { return run_kill(session, *options); }); });
}

}  // namespace saasctl::commands
