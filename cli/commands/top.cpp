#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands/listing.hpp"
#include "commands/run_lifecycle.hpp"
#include "engine/container_stats.hpp"
#include "terminal/raw.hpp"
#include "terminal/table.hpp"

namespace saasctl::commands {
namespace {

struct TopOptions {
  std::vector<std::string> services;
  std::string format = "table";
};

struct Listed {
  engine::ContainerSummary container;
  engine::Processes processes;
};

// One that has ended since it was listed is left out.
Result<std::vector<Listed>> processes_of(const Session& session, const RunningProject& running,
                                         const TopOptions& options) {
  std::vector<Listed> out;
  for (auto& container : containers_of(running, options.services)) {
    if (container.state != "running" && container.state != "paused") continue;
    auto processes = engine::container_processes(running.client, container.id, session.stop);
    if (processes) {
      out.push_back({std::move(container), std::move(*processes)});
      continue;
    }
    const auto now = engine::inspect_container(running.client, container.id, session.stop);
    const bool ended = now ? !now->state.running : now.error().kind == ErrorKind::not_found;
    if (!ended) return std::unexpected(processes.error());
  }
  return out;
}

std::string as_json(const std::vector<Listed>& listed) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& [container, processes] : listed) {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& row : processes.rows) {
      nlohmann::ordered_json entry;
      for (std::size_t i = 0; i < std::min(row.size(), processes.titles.size()); ++i)
        entry[processes.titles[i]] = row[i];
      rows.push_back(std::move(entry));
    }
    out.push_back({{"Service", service_of(container)},
                   {"Name", container.name},
                   {"ID", container.id},
                   {"Processes", std::move(rows)}});
  }
  return out.dump(2) + "\n";
}

// All engines give the same columns to all containers.
std::string as_table(const std::vector<Listed>& listed) {
  std::vector<std::string> head{"SERVICE", "#"};
  std::vector<std::vector<std::string>> rows;
  for (const auto& [container, processes] : listed) {
    if (rows.empty()) head.insert(head.end(), processes.titles.begin(), processes.titles.end());
    for (const auto& process : processes.rows) {
      std::vector<std::string> row{service_of(container), std::to_string(number_of(container))};
      row.insert(row.end(), process.begin(), process.end());
      rows.push_back(std::move(row));
    }
  }
  return terminal::table(head, rows);
}

int run_top(const Session& session, const TopOptions& options) {
  const auto running = open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  const auto listed = processes_of(session, *running, options);
  if (!listed) return fail(session, listed.error());
  terminal::write_listing(session.terminal, options.format,
                          options.format == "json" ? as_json(*listed) : as_table(*listed));
  return 0;
}

}  // namespace

void setup_top(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<TopOptions>();
  auto* verb = app.add_subcommand("top", "List the processes that run in the services");
  add_services(*verb, options->services, "Services to look into; all when none is named");
  add_format(*verb, options->format);
  verb->footer("\nExample: saasctl top web");
  verb->callback([=] { choose([options](const Session& session) { return run_top(session, *options); }); });
}

}  // namespace saasctl::commands
