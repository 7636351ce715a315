#include "limit.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "engine/containers.hpp"
#include "engine/exec.hpp"
#include "engine/networks.hpp"
#include "engine/volumes.hpp"
#include "plan/labels.hpp"
#include "util/text.hpp"

namespace saasctl::bench {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// Docker Engine API 1.41, ContainerCreate, HealthConfig.Test.
std::vector<std::string> probe_of(const json& config) {
  const auto check = config.value("Healthcheck", json::object());
  auto words = check.is_object() ? check.value("Test", std::vector<std::string>{}) : std::vector<std::string>{};
  if (words.empty() || words[0] == "NONE") return {};
  if (words[0] == "CMD-SHELL") return {"/bin/sh", "-c", words.at(1)};
  words.erase(words.begin());
  return words;
}

// "postgres:service_healthy:false,redis:service_started:false"
std::vector<std::string> dependencies_of(const engine::Labels& labels) {
  std::vector<std::string> names;
  const auto found = labels.find(std::string(plan::label::depends_on));
  if (found == labels.end() || found->second.empty()) return names;
  for (const auto& one : split(found->second, ',')) names.emplace_back(one.substr(0, one.find(':')));
  return names;
}

Service service_of(const engine::Container& container) {
  auto body = container.config;
  body["HostConfig"] = container.host_config;
  const auto& service = container.labels.at(std::string(plan::label::service));
  for (const auto& [network, attachment] : container.networks)
    body["NetworkingConfig"]["EndpointsConfig"][network] = {{"Aliases", {service}}};
  return {container.name, body, dependencies_of(container.labels), probe_of(container.config)};
}

// Waits for each other, ends at the first failure.
class Start {
 public:
  Start(const engine::Client& client, const Blueprint& blueprint, bool create)
      : client_(client), blueprint_(blueprint), create_(create) {}

  Result<void> run() {
    std::vector<std::jthread> threads;
    for (const auto& [name, service] : blueprint_.services)
      threads.emplace_back(
          [this, name = name, &service = service](const std::stop_token& stop) { one(name, service, stop); });
    for (auto& thread : threads) thread.join();
    if (error_) return std::unexpected(*error_);
    return {};
  }

 private:
  void one(const std::string& name, const Service& service, const std::stop_token& stop) {
    auto done = create_ ? created(service, stop) : Result<void>{};
    if (done) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        return error_ ||
               std::ranges::all_of(service.dependencies, [&](const auto& other) { return ready_.contains(other); });
      });
      if (error_) return;
    }
    if (done) done = engine::start_container(client_, service.container, stop);
    if (done) done = probed(service, stop);
    const std::lock_guard lock(mutex_);
    if (done) {
      ready_.insert(name);
    } else if (!error_) {
      error_ = done.error();
    }
    changed_.notify_all();
  }

  Result<void> created(const Service& service, const std::stop_token& stop) const {
    const auto made = engine::create_container(client_, service.container, service.body, stop);
    if (!made) return std::unexpected(made.error());
    return {};
  }

  Result<void> probed(const Service& service, const std::stop_token& stop) const {
    if (service.probe.empty()) return {};
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto asked = engine::exec_run(client_, service.container, service.probe, {}, stop);
      if (asked && asked->exit_code == 0) return {};
      std::this_thread::sleep_for(25ms);
    }
    return failure(service.container + " does not become ready within a minute");
  }

  const engine::Client& client_;
  const Blueprint& blueprint_;
  const bool create_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> ready_;
  std::optional<Error> error_;
};

Result<double> timed(const engine::Client& client, const Blueprint& blueprint, bool create) {
  const auto start = std::chrono::steady_clock::now();
  if (create) {
    for (const auto& body : blueprint.networks) {
      if (const auto made = engine::create_network(client, body, {}); !made) return std::unexpected(made.error());
    }
    for (const auto& body : blueprint.volumes) {
      if (const auto made = engine::create_volume(client, body, {}); !made) return std::unexpected(made.error());
    }
  }
  if (const auto started = Start(client, blueprint, create).run(); !started) return std::unexpected(started.error());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Result<Blueprint> blueprint_of(const engine::Client& client, const std::string& project) {
  const std::vector<std::string> label{std::string(plan::label::project) + "=" + project};
  Blueprint blueprint;
  blueprint.project = project;
  const auto containers = engine::list_containers(client, label, {});
  if (!containers) return std::unexpected(containers.error());
  for (const auto& summary : *containers) {
    const auto container = engine::inspect_container(client, summary.id, {});
    if (!container) return std::unexpected(container.error());
    blueprint.services[container->labels.at(std::string(plan::label::service))] = service_of(*container);
  }
  if (blueprint.services.empty()) return failure("the project " + project + " has no containers");
  const auto networks = engine::list_networks(client, label, {});
  if (!networks) return std::unexpected(networks.error());
  for (const auto& network : *networks) {
    blueprint.networks.push_back({{"Name", network.name},
                                  {"Driver", network.driver},
                                  {"Internal", network.internal},
                                  {"Labels", network.labels}});
  }
  // Volumes with secrets stay where they are: filling them is not the engine's work.
  const auto volumes = engine::list_volumes(client, label, {});
  if (!volumes) return std::unexpected(volumes.error());
  for (const auto& volume : *volumes) {
    if (!volume.labels.contains(std::string(plan::label::secrets)))
      blueprint.volumes.push_back({{"Name", volume.name}, {"Labels", volume.labels}});
  }
  return blueprint;
}

Result<double> limit_from_nothing(const engine::Client& client, const Blueprint& blueprint) {
  return timed(client, blueprint, true);
}

Result<double> limit_from_stopped(const engine::Client& client, const Blueprint& blueprint) {
  return timed(client, blueprint, false);
}

}  // namespace saasctl::bench
