#include "commands/run_plan.hpp"
#include "commands/project_lookup.hpp"
#include "commands/reasons.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>

#include "plan/engine_needs.hpp"
#include "terminal/raw.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

using terminal::TaskState;

struct Shown {
  std::string task;
  std::string doing;
  std::string done;
};

// What people are told of an action: the thing and what becomes of it. A container goes by the name of its service, one
// of several by that and its number.
struct ActionWords {
  std::string prefix;  // of the project's names of containers

  std::string task(const std::string& service, const std::string& container) const {
    const auto head = prefix + service + "-";
    const auto number = container.starts_with(head) ? parse_integer(container.substr(head.size())) : std::nullopt;
    return number && *number > 1 ? fmt::format("{}-{}", service, *number) : service;
  }

  Shown operator()(const plan::CreateNetwork& work) const { return {"network " + work.name, "creating", "created"}; }
  Shown operator()(const plan::RemoveNetwork& work) const { return {"network " + work.name, "removing", "removed"}; }
  Shown operator()(const plan::ProbeNetwork& work) const { return {"network " + work.name, "checking", "checked"}; }
  Shown operator()(const plan::ReplaceNetwork& work) const {
    return {"network " + work.name, "creating again", "created again"};
  }
  Shown operator()(const plan::GetImage& work) const {
    return {"image " + work.image, work.build ? "building" : "pulling", work.build ? "built" : "pulled"};
  }
  Shown operator()(const plan::CreateVolume& work) const { return {"volume " + work.name, "creating", "created"}; }
  Shown operator()(const plan::RemoveVolume& work) const { return {"volume " + work.name, "removing", "removed"}; }
  Shown operator()(const plan::FillSecrets& work) const { return {work.service, "writing secrets", "secrets written"}; }
  Shown operator()(const plan::CreateContainer& work) const {
    return {task(work.service, work.name), "creating", "created"};
  }
  Shown operator()(const plan::StartContainer& work) const {
    return {task(work.service, work.container), "starting", "started"};
  }
  Shown operator()(const plan::StopContainer& work) const {
    return {task(work.service, work.container), "stopping", "stopped"};
  }
  Shown operator()(const plan::RemoveContainer& work) const {
    return {task(work.service, work.container), "removing", "removed"};
  }
  Shown operator()(const plan::RenameContainer& work) const {
    return {task(work.service, work.container), "renaming", "renamed"};
  }
  Shown operator()(const plan::ReattachContainer& work) const {
    return {task(work.service, work.container), "attaching to " + work.network, "attached to " + work.network};
  }
  Shown operator()(const plan::RunHook& work) const {
    return {task(work.service, work.container), "running " + work.when, work.when + " done"};
  }
  Shown operator()(const plan::RunContainer& work) const {
    return {work.service, "running " + work.when, work.when + " done"};
  }
  Shown operator()(const plan::KillContainer& work) const {
    return {task(work.service, work.container), "sending " + work.signal, "got " + work.signal};
  }
  Shown operator()(const plan::PauseContainer& work) const {
    return {task(work.service, work.container), "pausing", "paused"};
  }
  Shown operator()(const plan::UnpauseContainer& work) const {
    return {task(work.service, work.container), "unpausing", "running again"};
  }
  Shown operator()(const plan::AwaitService& work) const {
    const bool job = work.condition == "service_completed_successfully";
    const bool engine = work.condition == "engine_healthy";
    return {task(work.service, work.container), job ? "waiting for its end" : "waiting until it is ready",
            job      ? "completed"
            : engine ? "healthy"
                     : "ready"};
  }
};

// What helps to find the reason: the last health checks and the last lines of the log.
std::vector<std::string> evidence(const execute::ServiceFailure& service) {
  std::vector<std::string> lines;
  if (!service.health.empty()) lines.push_back("last health checks:");
  for (const auto& entry : service.health)
    lines.push_back(fmt::format("  exit code {}: {}", entry.exit_code, trim(entry.output)));
  lines.emplace_back(service.logs.empty() ? "it wrote nothing to its log" : "last lines of its log:");
  for (const auto& line : service.logs) lines.push_back("  " + line);
  lines.push_back(fmt::format("saasctl logs {} shows the whole log", service.service));
  return lines;
}

std::string words_of(const execute::Remnant& one) {
  const auto state = one.state.empty() ? std::string("not created") : one.state;
  if (!one.note.empty()) return state + ", " + one.note;
  return state == "created" ? "created, not started" : state;
}

// "left running: db, web", one line for each state.
std::vector<std::string> remnant_lines(const std::vector<execute::Remnant>& left) {
  std::vector<std::pair<std::string, std::vector<std::string>>> states;
  for (const auto& one : left) {
    const auto state = words_of(one);
    auto found = std::ranges::find(states, state, [](const auto& entry) { return entry.first; });
    if (found == states.end()) found = states.insert(states.end(), {state, {}});
    found->second.push_back(one.subject);
  }
  std::vector<std::string> lines;
  for (const auto& [state, subjects] : states) lines.push_back(fmt::format("left {}: {}", state, join(subjects, ", ")));
  return lines;
}

// States under "left", and under "notes" what else is known of some.
void add_remnants(project::Json& out, const std::vector<execute::Remnant>& left) {
  out["left"] = project::Json::object();
  for (const auto& one : left) {
    out["left"][one.subject] = one.state.empty() ? "absent" : one.state;
    if (!one.note.empty()) out["notes"][one.subject] = one.note;
  }
}

void write_json(const project::Json& object) {
  terminal::write_raw_message(object.dump(-1, ' ', false, project::Json::error_handler_t::replace));
}

project::Json failure_json(const execute::ReadyError& error) {
  project::Json out = {{"failure", error.message}, {"exit_code", exit_code(error.kind)}};
  if (!error.hint.empty()) out["hint"] = error.hint;
  if (error.service) {
    const auto& service = *error.service;
    out["service"] = service.service;
    out["what"] = service.what;
    if (service.exit_code) out["service_exit_code"] = *service.exit_code;
    out["health"] = project::Json::array();
    for (const auto& entry : service.health)
      out["health"].push_back({{"exit_code", entry.exit_code}, {"output", trim(entry.output)}});
    out["log"] = service.logs;
  }
  if (!error.consequences.empty()) out["consequences"] = error.consequences;
  add_remnants(out, error.left);
  return out;
}

// Engines do not report the keys that they do not know. Podman's API goes by other versions.
Result<void> check_engine(const Session& session, const engine::Client& client, const plan::Plan& plan) {
  if (client.is_podman()) return {};
  const int api_minor = client.api_version().major > 1 ? INT_MAX : client.api_version().minor;
  for (const auto& need : plan::unmet_needs(plan, api_minor)) {
    auto text = plan::describe(need, api_minor);
    if (need.strict) return failure(ErrorKind::failed, std::move(text), "update the engine, or remove the key");
    session.terminal.warning(text + "; the key has no effect");
  }
  return {};
}

}  // namespace

std::expected<void, execute::ReadyError> run_plan(const Session& session, const engine::Client& client,
                                                  const project::Project& project, const plan::Plan& plan,
                                                  const execute::ExecuteOptions& options, terminal::Board& board) {
  Reasons reasons;
  const auto listener = [&](const execute::Event& event) {
    const auto& action = plan.actions[event.index];
    const auto shown = std::visit(ActionWords{project.name + "-"}, action.work);
    const bool waiting = std::holds_alternative<plan::AwaitService>(action.work);
    if (event.phase == execute::Phase::begun)
      board.update(shown.task, TaskState::working, reasons.with(shown.doing, action.cause));
    if (event.phase == execute::Phase::failed) board.update(shown.task, TaskState::failed, "failed");
    if (event.phase == execute::Phase::overtaken)
      board.update(shown.task, TaskState::working, "held up: another saasctl changes the project");
    if (event.phase == execute::Phase::unmet)
      board.update(shown.task, TaskState::failed,
                   waiting ? "not ready; going on without it" : reasons.of_failure(event.reason));
    if (event.phase == execute::Phase::done)
      board.update(shown.task, waiting && !plan.changes ? TaskState::unchanged : TaskState::done,
                   reasons.with(shown.done, action.cause));
  };
  if (auto able = check_engine(session, client, plan); !able)
    return std::unexpected(execute::ReadyError{std::move(able.error())});
  return execute::execute(client, project, plan, options, project_lookup(session, project), listener, session.stop);
}

int report_service_failure(const Session& session, const execute::ReadyError& error) {
  if (error.kind == ErrorKind::interrupted) return exit_code(error.kind);
  if (session.terminal.progress() == terminal::ProgressMode::json) {
    write_json(failure_json(error));
    return exit_code(error.kind);
  }
  if (!error.service) {
    session.terminal.error(error);
  } else {
    const auto& service = *error.service;
    session.terminal.error({error.kind, fmt::format("{} {}", service.service, service.what), {}});
    for (const auto& line : evidence(service)) session.terminal.message("       " + line);
  }
  for (const auto& line : error.consequences) session.terminal.message("       so this failed, too: " + line);
  for (const auto& line : remnant_lines(error.left)) session.terminal.message("       " + line);
  return exit_code(error.kind);
}

void show_left(const Session& session, const std::string& outcome, const std::vector<execute::Remnant>& left) {
  if (session.terminal.progress() == terminal::ProgressMode::json) {
    project::Json out = {{"rollback", outcome}};
    add_remnants(out, left);
    write_json(out);
    return;
  }
  session.terminal.message("       " + outcome);
  for (const auto& line : remnant_lines(left)) session.terminal.message("       " + line);
}

}  // namespace saasctl::commands
