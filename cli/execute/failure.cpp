#include "execute/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/logs.hpp"
#include "execute/observe.hpp"

namespace saasctl::execute {
namespace {

constexpr unsigned last_lines = 20;

std::vector<std::string> last_logs(const engine::Client& client, const std::string& container,
                                   const std::stop_token& stop) {
  std::vector<std::string> lines;
  const engine::LogOptions options{.tail = last_lines, .timeout = std::chrono::seconds(5)};
  const auto read = engine::read_logs(
      client, container, options,
      [&](const engine::LogLine& line) {
        lines.emplace_back(line.text);
        return true;
      },
      stop);
  if (!read) lines.push_back("(its log cannot be read: " + read.error().message + ")");
  return lines;
}

std::int64_t memory_limit(const engine::Container& container) {
  const auto found = container.host_config.find("Memory");
  return found != container.host_config.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::string limit_text(std::int64_t bytes) {
  return bytes > 0 ? fmt::format(" ({} MiB)", bytes >> 20) : "";
}

// What the service depends on, near and far.
std::set<std::string> foundations(const project::Project& project, const std::string& name) {
  std::set<std::string> found;
  std::vector<std::string> open{name};
  while (!open.empty()) {
    const auto* service = project.find(open.back());
    open.pop_back();
    if (!service) continue;
    for (const auto& dependency : service->dependencies) {
      if (found.insert(dependency.service).second) open.push_back(dependency.service);
    }
  }
  return found;
}

// Why this container is at fault, nothing when it is not.
std::optional<std::string> own_fault(const engine::Container& container) {
  const auto& state = container.state;
  const auto health = state.running && state.health ? state.health->status : "";
  if (health == "healthy") return std::nullopt;
  if (health == "unhealthy") return fmt::format("is unhealthy after {} failed checks", state.health->failing_streak);
  if (state.restarting || container.restart_count >= most_restarts) return describe_end(container);
  if (state.status == "exited" && (state.exit_code != 0 || !state.error.empty())) return describe_end(container);
  return std::nullopt;
}

// The ids of containers that the plan itself has stopped and not started again: their ends say nothing.
std::set<std::string> stopped_by(const plan::Plan& plan) {
  std::set<std::string> ids;
  const auto id_of = [&](const std::string& container) {
    const auto known = plan.ids.find(container);
    return known == plan.ids.end() ? std::string() : known->second;
  };
  for (const auto& action : plan.actions) {
    if (const auto* stop = std::get_if<plan::StopContainer>(&action.work)) ids.insert(id_of(stop->container));
    if (const auto* start = std::get_if<plan::StartContainer>(&action.work)) ids.erase(id_of(start->container));
  }
  return ids;
}

void put_root_first(const engine::Client& client, const project::Project& project, const plan::Plan& plan,
                    const std::vector<plan::ObservedContainer>& containers, ReadyError& error,
                    const std::stop_token& stop) {
  const auto stopped = stopped_by(plan);
  const auto below = foundations(project, error.service->service);
  for (const auto& service : project.services) {
    if (!below.contains(service.name)) continue;
    for (const auto& seen : containers) {
      if (seen.service != service.name || seen.one_off || stopped.contains(seen.id)) continue;
      const auto container = engine::inspect_container(client, seen.id, stop);
      const auto fault = container ? own_fault(*container) : std::nullopt;
      if (!fault) continue;
      auto root = service_error(service, *container, *fault);
      root.consequences = {error.message};
      error = std::move(root);
      return;
    }
  }
}

}  // namespace

std::string explain_exit(int code, bool out_of_memory, std::int64_t memory_limit) {
  if (out_of_memory) return "it used more memory than its limit" + limit_text(memory_limit) + " and was killed";
  switch (code) {
    case 125:
      return "the engine could not run it";
    case 126:
      return "its command cannot be executed: no permission, or no program";
    case 127:
      return "its command was not found";
    case 129:
      return "its terminal was closed (SIGHUP)";
    case 130:
      return "it was interrupted (SIGINT)";
    case 131:
      return "it was asked to quit (SIGQUIT)";
    case 132:
      return "it met an instruction this processor does not have (SIGILL): built for another one?";
    case 134:
      return "it aborted (SIGABRT): a failed assertion or an exception nobody caught";
    case 135:
      return "it crashed (SIGBUS)";
    case 136:
      return "it crashed in arithmetic (SIGFPE)";
    case 137:
      return "it was killed (SIGKILL), not for its memory limit" + limit_text(memory_limit) +
             " as far as the engine knows: by hand, after a stop it did not obey, or by a machine short of memory";
    case 139:
      return "it crashed (SIGSEGV)";
    case 141:
      return "who read its output went away (SIGPIPE)";
    case 143:
      return "it was asked to end (SIGTERM)";
    case 159:
      return "it made a system call that is forbidden to it (SIGSYS)";
    default:
      return "";
  }
}

std::string describe_end(const engine::Container& container) {
  const auto& state = container.state;
  auto what = fmt::format("exited with code {}", state.exit_code);
  if (container.restart_count > 0)
    what += fmt::format(" after {} restart{}", container.restart_count, container.restart_count == 1 ? "" : "s");
  if (const auto reason = explain_exit(state.exit_code, state.oom_killed, memory_limit(container)); !reason.empty())
    what += ": " + reason;
  if (!state.error.empty()) what += " (" + state.error + ")";
  return what;
}

ReadyError service_error(const project::Service& service, const engine::Container& container, const std::string& what) {
  ServiceFailure failure{service.name, container.id, what, {}, {}, {}};
  if (!container.state.running || container.state.restarting) failure.exit_code = container.state.exit_code;
  if (container.state.health) failure.health = container.state.health->log;
  ReadyError error{{ErrorKind::failed, fmt::format("{} {}", service.name, what)}};
  error.service = std::move(failure);
  return error;
}

ReadyError with_root_cause(const engine::Client& client, const project::Project& project, const plan::Plan& plan,
                           ReadyError error, const std::stop_token& stop) {
  if (!error.service) return error;
  const auto containers = list_observed(client, project.name, stop);
  if (!containers) return error;
  put_root_first(client, project, plan, *containers, error, stop);
  error.service->logs = last_logs(client, error.service->container, stop);
  return error;
}

}  // namespace saasctl::execute
