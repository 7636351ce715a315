#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands/listing.hpp"
#include "commands/run_lifecycle.hpp"
#include "terminal/raw.hpp"
#include "terminal/table.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct PsOptions {
  std::vector<std::string> services;
  std::string format = "table";
  bool all = false;
  bool quiet = false;
  bool services_only = false;
  bool orphans = true;
  std::vector<std::string> status;
  std::string filter;
};

const std::vector<std::string> container_states{"created",  "running", "paused", "restarting",
                                                "removing", "exited",  "dead"};

// The states that are asked for; none: those that are up, or all with --all.
Result<std::vector<std::string>> wanted_states(const PsOptions& options) {
  auto wanted = options.status;
  if (options.filter.empty()) return wanted;
  const auto equals = options.filter.find('=');
  const auto value = equals == std::string::npos ? "" : options.filter.substr(equals + 1);
  if (options.filter.substr(0, equals) != "status" ||
      std::ranges::find(container_states, value) == container_states.end())
    return failure(ErrorKind::usage, fmt::format("'{}' is not a filter", options.filter),
                   "filters are status=STATE with one of " + join(container_states, ", "));
  wanted.push_back(value);
  return wanted;
}

std::vector<engine::ContainerSummary> select(const RunningProject& running, const PsOptions& options,
                                             const std::vector<std::string>& wanted) {
  auto containers = running.containers;
  std::erase_if(containers, [&](const engine::ContainerSummary& container) {
    const auto& named = options.services;
    if (is_one_off(container) && !options.all) return true;
    if (!named.empty() && std::ranges::find(named, service_of(container)) == named.end()) return true;
    if (!options.orphans && !running.project.find(service_of(container))) return true;
    if (wanted.empty()) return !options.all && !is_up(container);
    return std::ranges::find(wanted, container.state) == wanted.end();
  });
  return containers;
}

std::string as_json(const std::vector<engine::ContainerSummary>& containers) {
  const auto now = std::chrono::system_clock::now();
  auto rows = nlohmann::ordered_json::array();
  for (const auto& container : containers) rows.push_back(ps_row(container, now));
  return rows.dump(2) + "\n";
}

std::string as_table(const std::vector<engine::ContainerSummary>& containers) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& container : containers) {
    rows.push_back(
        {service_of(container), container.name, container.image, container.status, join(ports_of(container), ", ")});
  }
  return terminal::table({"SERVICE", "CONTAINER", "IMAGE", "STATUS", "PORTS"}, rows);
}

std::string as_services(const std::vector<engine::ContainerSummary>& containers) {
  std::vector<std::string> names;
  for (const auto& container : containers) {
    if (std::ranges::find(names, service_of(container)) == names.end()) names.push_back(service_of(container));
  }
  return names.empty() ? "" : join(names, "\n") + "\n";
}

// Nobody should take a stopped service for one that is not there.
void tell_hidden(const Session& session, const RunningProject& running, const PsOptions& options, std::size_t shown) {
  const auto hidden = containers_of(running, options.services).size() - shown;
  if (hidden == 0) return;
  session.terminal.message(fmt::format("{} stopped container{} not shown; --all shows {}", hidden,
                                       hidden == 1 ? " is" : "s are", hidden == 1 ? "it" : "them"));
}

int run_ps(const Session& session, const PsOptions& options) {
  const auto wanted = wanted_states(options);
  if (!wanted) return fail(session, wanted.error());
  const auto running = open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  const auto containers = select(*running, options, *wanted);
  if (options.services_only) {
    session.terminal.data(as_services(containers));
  } else if (options.quiet) {
    for (const auto& container : containers) session.terminal.data(container.id + "\n");
  } else if (options.format == "json") {
    terminal::write_raw(as_json(containers));
  } else {
    session.terminal.data(as_table(containers));
    if (!options.all && options.orphans && wanted->empty()) tell_hidden(session, *running, options, containers.size());
  }
  return 0;
}

}  // namespace

void setup_ps(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<PsOptions>();
  auto* verb = app.add_subcommand("ps", "List the stack's running containers: state, health, uptime, ports");
  add_services(*verb, options->services, "Services to list; all when none is named");
  verb->add_flag("-a,--all", options->all, "Stopped ones too, and those that run has made");
  verb->add_flag("-q,--quiet", options->quiet, "Their ids alone");
  verb->add_flag("--services", options->services_only, "The names of their services alone");
  verb->add_flag("--orphans", options->orphans, "--orphans=false leaves out services that the file does not have");
  verb->add_option("--status", options->status, "Only those in this state, running or not; may be repeated")
      ->type_name("STATE")
      ->check(CLI::IsMember(container_states))
      ->expected(1)
      ->take_all();
  verb->add_option("--filter", options->filter, "status=STATE, as --status")->type_name("FILTER");
  add_format(*verb, options->format);
  verb->footer("\nExample: saasctl ps --all --format json");
  verb->callback([=] { choose([options](const Session& session) { return run_ps(session, *options); }); });
}

}  // namespace saasctl::commands
