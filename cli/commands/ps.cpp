#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands/verb.hpp"
#include "engine/containers.hpp"
#include "plan/labels.hpp"
#include "terminal/table.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct PsOptions {
  std::string format = "table";
};

std::string label_of(const engine::ContainerSummary& container, std::string_view key) {
  const auto found = container.labels.find(std::string(key));
  return found == container.labels.end() ? "" : found->second;
}

// "healthy", "starting", "unhealthy", or "" — the engine's list has it only inside its sentence.
std::string health_of(const engine::ContainerSummary& container) {
  for (const auto* word : {"(healthy)", "(unhealthy)", "(health: starting)"}) {
    if (container.status.find(word) == std::string::npos) continue;
    const std::string text(word);
    return text == "(health: starting)" ? "starting" : text.substr(1, text.size() - 2);
  }
  return "";
}

std::vector<std::string> ports_of(const engine::ContainerSummary& container) {
  std::vector<std::string> ports;
  for (const auto& binding : container.ports) {
    if (binding.host_port == 0 || binding.host_ip == "::") continue;
    ports.push_back(fmt::format("{}:{}->{}", binding.host_ip, binding.host_port, binding.container_port));
  }
  std::ranges::sort(ports);
  return ports;
}

std::string as_json(const std::vector<engine::ContainerSummary>& containers) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& container : containers) {
    rows.push_back({{"service", label_of(container, plan::label::service)},
                    {"name", container.name},
                    {"image", container.image},
                    {"state", container.state},
                    {"health", health_of(container)},
                    {"status", container.status},
                    {"ports", ports_of(container)},
                    {"id", container.id}});
  }
  return rows.dump(2) + "\n";
}

std::string as_table(const std::vector<engine::ContainerSummary>& containers) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& container : containers) {
    rows.push_back({label_of(container, plan::label::service), container.name, container.image, container.status,
                    join(ports_of(container), ", ")});
  }
  return terminal::table({"SERVICE", "CONTAINER", "IMAGE", "STATUS", "PORTS"}, rows);
}

int run_ps(const Session& session, const PsOptions& options) {
  const auto project = load_project(session, stack::Mode::resolve);
  if (!project) return fail(session, project.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  auto containers =
      engine::list_containers(*client, {std::string(plan::label::project) + "=" + project->name}, session.stop);
  if (!containers) return fail(session, containers.error());
  std::erase_if(*containers, [](const auto& container) { return label_of(container, plan::label::one_off) == "True"; });
  std::ranges::sort(*containers, {}, [](const auto& container) { return label_of(container, plan::label::service); });
  session.terminal.data(options.format == "json" ? as_json(*containers) : as_table(*containers));
  return 0;
}

}  // namespace

void setup_ps(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<PsOptions>();
  auto* verb = app.add_subcommand("ps", "List the stack's containers, stopped ones too");
  verb->add_option("--format", options->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  verb->footer("\nExample: saasctl ps --format json");
  verb->callback([=] { choose([options](const Session& session) { return run_ps(session, *options); }); });
}

}  // namespace saasctl::commands
