#include "verify/engine_deps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "util/text.hpp"

namespace saasctl::verify {
namespace {

constexpr const char* project_label = "com.docker.compose.project";
constexpr const char* service_label = "com.docker.compose.service";
constexpr const char* oneoff_label = "com.docker.compose.oneoff";

bool is_oneoff(const engine::ContainerSummary& container) {
  const auto found = container.labels.find(oneoff_label);
  return found != container.labels.end() && to_lower(found->second) == "true";
}

std::string published_words(const engine::Container& container) {
  std::vector<std::string> ports;
  for (const auto& binding : container.ports) {
    if (binding.host_port != 0 && std::ranges::find(ports, binding.container_port) == ports.end()) {
      ports.push_back(binding.container_port);
    }
  }
  return ports.empty() ? "it publishes none" : "it publishes " + join(ports, ", ");
}

bool fits(const engine::PortBinding& binding, std::optional<int> port) {
  if (binding.host_port == 0 || !binding.container_port.ends_with("/tcp")) return false;
  return !port || binding.container_port == std::to_string(*port) + "/tcp";
}

std::string last_line(const engine::Health& health) {
  return health.log.empty() ? std::string() : std::string(trim(health.log.back().output));
}

}  // namespace

Result<engine::Container> EngineServices::container(std::string_view service, std::stop_token stop) const {
  const auto found = engine::list_containers(
      client_, {fmt::format("{}={}", project_label, project_), fmt::format("{}={}", service_label, service)}, stop);
  if (!found) return std::unexpected(found.error());
  const engine::ContainerSummary* chosen = nullptr;
  for (const auto& candidate : *found) {
    if (is_oneoff(candidate)) continue;
    if (!chosen || (candidate.state == "running" && chosen->state != "running")) chosen = &candidate;
  }
  if (!chosen) {
    return failure(ErrorKind::not_found, fmt::format("service {} of project {} has no container", service, project_),
                   "start it: saasctl up");
  }
  return engine::inspect_container(client_, chosen->id, stop);
}

Result<ServiceState> EngineServices::state(std::string_view service, std::stop_token stop) {
  const auto found = container(service, stop);
  if (!found) return std::unexpected(found.error());
  ServiceState state;
  state.container = found->name;
  state.status = found->state.status;
  state.exit_code = found->state.exit_code;
  if (found->state.health && found->state.health->status != "none") {
    state.health = found->state.health->status;
    state.last_output = last_line(*found->state.health);
  }
  return state;
}

Result<Address> EngineServices::address(std::string_view service, std::optional<int> port, std::stop_token stop) {
  const auto found = container(service, stop);
  if (!found) return std::unexpected(found.error());
  if (!found->state.running) {
    return failure(
        ErrorKind::not_found,
        fmt::format("service {} does not run: its container {} is {}", service, found->name, found->state.status),
        fmt::format("saasctl up, then saasctl logs {}", service));
  }
  for (const auto& binding : found->ports) {
    if (fits(binding, port))
      return Address{engine::published_host(client_.endpoint(), binding.host_ip), binding.host_port};
  }
  return failure(ErrorKind::not_found, fmt::format("service {} publishes no {} to the host: {}", service,
                                                   port ? fmt::format("port {}/tcp", *port) : std::string("TCP port"),
                                                   published_words(*found)));
}

Result<engine::ExecResult> EngineServices::exec(std::string_view service, const std::vector<std::string>& command,
                                                std::chrono::milliseconds timeout, std::stop_token stop) {
  const auto found = container(service, stop);
  if (!found) return std::unexpected(found.error());
  engine::ExecOptions options;
  options.timeout = timeout;
  return engine::exec_run(client_, found->id, command, options, stop);
}

Result<std::map<std::string, std::string>> EngineServices::variables(std::string_view service,
                                                                     const std::vector<std::string>& names,
                                                                     std::stop_token stop) {
  const auto found = container(service, stop);
  if (!found) return std::unexpected(found.error());
  std::map<std::string, std::string> values;
  const auto environment = found->config.find("Env");
  if (environment == found->config.end() || !environment->is_array()) return values;
  for (const auto& entry : *environment) {
    if (!entry.is_string()) continue;
    const auto& text = entry.get_ref<const std::string&>();
    const auto name = text.substr(0, text.find('='));
    if (name.size() < text.size() && std::ranges::find(names, name) != names.end()) {
      values[name] = text.substr(name.size() + 1);
    }
  }
  return values;
}

Result<void> EngineServices::recreate(std::string_view service, std::stop_token stop) {
  return recreate_(std::string(service), stop);
}

Result<http::Response> HttpWeb::send(const http::Request& request, std::stop_token stop) {
  return client_.send(request, stop);
}

std::chrono::steady_clock::time_point SystemClock::now() {
  return std::chrono::steady_clock::now();
}

std::chrono::system_clock::time_point SystemClock::date() {
  return std::chrono::system_clock::now();
}

void SystemClock::wait(std::chrono::nanoseconds duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, duration, [] { return false; });
}

std::uint64_t random_bits() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace saasctl::verify
