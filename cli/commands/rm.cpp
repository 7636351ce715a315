#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "commands/origin.hpp"
#include "commands/run_lifecycle.hpp"
#include "util/text.hpp"
#include "util/wait.hpp"

namespace saasctl::commands {
namespace {

struct RmOptions {
  std::vector<std::string> services;
  bool take_over = false;
  bool force = false;
  bool stop = false;
  bool volumes = false;
};

std::vector<std::string> removed_by(const plan::Plan& plan) {
  std::vector<std::string> names;
  for (const auto& action : plan.actions) {
    if (const auto* removal = std::get_if<plan::RemoveContainer>(&action.work)) names.push_back(removal->container);
  }
  return names;
}

// Error usage: nobody is there who could answer.
Result<bool> agreed(const Session& session, const std::vector<std::string>& names) {
  if (isatty(STDIN_FILENO) != 1)
    return failure(ErrorKind::usage,
                   "rm asks before it removes " + join(names, ", ") + ", and there is no terminal to answer on",
                   "say --force");
  session.terminal.message(fmt::format("Remove {}? [y/N]", join(names, ", ")));
  const StopSignal stop(session.stop);
  if (auto ready = wait_ready(STDIN_FILENO, POLLIN, std::nullopt, stop); !ready) return std::unexpected(ready.error());
  std::array<char, 64> line{};
  const auto count = ::read(STDIN_FILENO, line.data(), line.size());
  const auto answer = to_lower(trim(std::string_view(line.data(), count > 0 ? static_cast<std::size_t>(count) : 0)));
  return answer == "y" || answer == "yes";
}

int run_rm(const Session& session, const RmOptions& options) {
  const auto running = see_to_change(session, options.services, options.take_over);
  if (!running) return fail(session, running.error());
  const auto containers = observed_containers(*running);
  const auto plan =
      plan::plan_remove({running->project, containers, options.services}, {options.stop, options.volumes});
  if (plan.changes && !options.force) {
    const auto yes = agreed(session, removed_by(plan));
    if (!yes) return fail(session, yes.error());
    if (!*yes) return 0;
  }
  return run_lifecycle_plan(session, *running, "rm", plan, "no stopped containers");
}

}  // namespace

void setup_rm(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<RmOptions>();
  auto* verb = app.add_subcommand("rm", "Remove stopped containers");
  add_services(*verb, options->services, "Services whose containers are removed; all when none is named");
  verb->add_flag("-f,--force", options->force, "Do not ask");
  verb->add_flag("-s,--stop", options->stop, "Stop those that run before");
  verb->add_flag("-v,--volumes", options->volumes, "Remove their anonymous volumes too");
  add_take_over_option(*verb, options->take_over);
  verb->footer("\nExample: saasctl rm -fs web");
  verb->callback([=] { choose([options](const Session& session) { return run_rm(session, *options); }); });
}

}  // namespace saasctl::commands
