#include "commands/carry.hpp"

#include <fmt/format.h>

#include "util/text.hpp"

namespace saasctl::commands {
namespace {

using terminal::TaskState;

struct Shown {
  std::string task;
  std::string doing;
  std::string done;
};

// What people are told of an action: the thing and what becomes of it.
struct Words {
  Shown operator()(const plan::CreateNetwork& work) const { return {"network " + work.name, "creating", "created"}; }
  Shown operator()(const plan::RemoveNetwork& work) const { return {"network " + work.name, "removing", "removed"}; }
  Shown operator()(const plan::CreateVolume& work) const { return {"volume " + work.name, "creating", "created"}; }
  Shown operator()(const plan::RemoveVolume& work) const { return {"volume " + work.name, "removing", "removed"}; }
  Shown operator()(const plan::FillSecrets& work) const { return {work.service, "writing secrets", "secrets written"}; }
  Shown operator()(const plan::CreateContainer& work) const { return {work.service, "creating", "created"}; }
  Shown operator()(const plan::StartContainer& work) const { return {work.service, "starting", "started"}; }
  Shown operator()(const plan::StopContainer& work) const { return {work.service, "stopping", "stopped"}; }
  Shown operator()(const plan::RemoveContainer& work) const { return {work.service, "removing", "removed"}; }
  Shown operator()(const plan::RenameContainer& work) const { return {work.service, "renaming", "renamed"}; }
  Shown operator()(const plan::RunHook& work) const {
    return {work.service, "running " + work.when, work.when + " done"};
  }
  Shown operator()(const plan::KillContainer& work) const {
    return {work.service, "sending " + work.signal, "got " + work.signal};
  }
  Shown operator()(const plan::PauseContainer& work) const { return {work.service, "pausing", "paused"}; }
  Shown operator()(const plan::UnpauseContainer& work) const { return {work.service, "unpausing", "running again"}; }
  Shown operator()(const plan::AwaitService& work) const {
    const bool job = work.condition == "service_completed_successfully";
    const bool engine = work.condition == "engine_healthy";
    return {work.service, job ? "waiting for its end" : "waiting until it is ready",
            job      ? "completed"
            : engine ? "healthy"
                     : "ready"};
  }
};

}  // namespace

std::expected<void, execute::ReadyError> carry_plan(const Session& session, const engine::Client& client,
                                                    const project::Project& project, const plan::Plan& plan,
                                                    const execute::ExecuteOptions& options, terminal::Board& board) {
  const auto listener = [&](const execute::Event& event) {
    const auto& action = plan.actions[event.index];
    const auto shown = std::visit(Words{}, action.work);
    const bool waiting = std::holds_alternative<plan::AwaitService>(action.work);
    const auto why = action.cause.empty() || action.cause == "new" ? "" : " (" + action.cause + ")";
    if (event.phase == execute::Phase::begun) board.update(shown.task, TaskState::working, shown.doing + why);
    if (event.phase == execute::Phase::failed) board.update(shown.task, TaskState::failed, "failed");
    if (event.phase == execute::Phase::unmet)
      board.update(shown.task, TaskState::failed, "not ready; going on without it");
    if (event.phase == execute::Phase::done)
      board.update(shown.task, waiting && !plan.changes ? TaskState::unchanged : TaskState::done, shown.done + why);
  };
  return execute::execute(client, project, plan, options, process_lookup(session), listener, session.stop);
}

int fail_with_service(const Session& session, const execute::ReadyError& error) {
  if (!error.service) return fail(session, error);
  const auto& service = *error.service;
  session.terminal.error({error.fault, fmt::format("{} {}", service.service, service.what), {}});
  if (!service.health.empty()) session.terminal.message("       last health checks:");
  for (const auto& entry : service.health) {
    session.terminal.message(fmt::format("         exit code {}: {}", entry.exit_code, trim(entry.output)));
  }
  session.terminal.message(service.logs.empty() ? "       it wrote nothing to its log"
                                                : "       last lines of its log:");
  for (const auto& line : service.logs) session.terminal.message("         " + line);
  session.terminal.message(fmt::format(
      "       the other containers are left as they are; saasctl logs {} shows the whole log", service.service));
  return exit_code(error.fault);
}

}  // namespace saasctl::commands
