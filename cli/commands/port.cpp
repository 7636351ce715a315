#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "commands/command.hpp"
#include "commands/running_project.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct PortOptions {
  std::string service;
  unsigned port = 0;
  std::string protocol = "tcp";
  int index = 1;
};

Result<std::vector<std::string>> addresses(const RunningProject& running, const PortOptions& options) {
  const auto containers = containers_of(running, {options.service});
  const auto found = std::ranges::find(containers, options.index, number_of);
  if (found == containers.end())
    return failure(ErrorKind::not_found, fmt::format("{} has no container {}", options.service, options.index),
                   "saasctl ps --all lists what there is");
  const auto wanted = fmt::format("{}/{}", options.port, options.protocol);
  std::vector<std::string> out;
  std::vector<std::string> others;
  for (const auto& binding : found->ports) {
    if (binding.host_port == 0) continue;
    others.push_back(binding.container_port);
    const auto host = binding.host_ip.find(':') == std::string::npos ? binding.host_ip : "[" + binding.host_ip + "]";
    if (binding.container_port == wanted) out.push_back(fmt::format("{}:{}", host, binding.host_port));
  }
  if (!out.empty()) return out;
  std::ranges::sort(others);
  others.erase(std::ranges::unique(others).begin(), others.end());
  return failure(ErrorKind::not_found, fmt::format("{} does not publish port {}", found->name, wanted),
                 !is_up(*found)   ? "it does not run"
                 : others.empty() ? "it publishes none"
                                  : "it publishes " + join(others, ", "));
}

int run_port(const Session& session, const PortOptions& options) {
  const auto running = open_running_project(session, {options.service});
  if (!running) return fail(session, running.error());
  const auto found = addresses(*running, options);
  if (!found) return fail(session, found.error());
  session.terminal.data(join(*found, "\n") + "\n");
  return 0;
}

}  // namespace

void setup_port(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<PortOptions>();
  auto* verb = app.add_subcommand("port", "Print where a port of a service is published");
  verb->add_option("service", options->service, "Service")->type_name("SERVICE")->required();
  verb->add_option("port", options->port, "Port inside the container")
      ->type_name("PORT")
      ->required()
      ->check(CLI::Range(1, 65535));
  verb->add_option("--protocol", options->protocol, "Protocol of the port")
      ->check(CLI::IsMember({"tcp", "udp", "sctp"}))
      ->capture_default_str();
  verb->add_option("--index", options->index, "Which container of a scaled service")
      ->type_name("N")
      ->capture_default_str();
  verb->footer("\nExample: saasctl port web 80");
  verb->callback([=] { choose([options](const Session& session) { return run_port(session, *options); }); });
}

}  // namespace saasctl::commands
