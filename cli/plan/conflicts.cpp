#include "plan/conflicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "plan/replicas.hpp"
#include "yaml/diagnostics.hpp"

namespace saasctl::plan {
namespace {

using yaml::Position;

enum class Family { v4, v6, both };

Family family_of(const std::string& ip) {
  if (ip.empty()) return Family::both;
  return ip.find(':') == std::string::npos ? Family::v4 : Family::v6;
}

bool is_any(const std::string& ip) {
  return ip.empty() || ip == "0.0.0.0" || ip == "::";
}

bool overlap(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto first = family_of(a), second = family_of(b);
  const bool one_family = first == Family::both || second == Family::both || first == second;
  return one_family && (is_any(a) || is_any(b));
}

class Conflicts {
 public:
  Conflicts(const project::Project& project, const UpOptions& options,
            const std::set<std::string, std::less<>>& services)
      : project_(project), options_(options) {
    // As written, so that the message at the later line names the earlier one.
    for (const auto& entry : project.document.stack.services) {
      const auto* service = project.find(entry.name);
      if (service && services.contains(entry.name) && replicas_of(*service, options) > 0) started_.push_back(service);
    }
  }

  Result<void> check() {
    check_container_names();
    if (!options_.no_start) check_host_ports();
    for (const auto* service : started_) {
      check_network(*service);
      check_health_waits(*service);
      check_secrets(*service);
      check_configs(*service);
    }
    if (diagnostics_.empty()) return {};
    return std::unexpected(diagnostics_.error());
  }

 private:
  struct Taken {
    std::string ip;
    const project::Service* service;
    Position at;
    std::size_t length;
  };

  // A port of the command line has no place in a file.
  static std::string place(Position at) { return at ? yaml::to_string(at) : "on the command line"; }

  void error(Position at, std::size_t length, std::string message, std::string hint = {}) {
    diagnostics_.add(at, length, std::move(message), std::move(hint));
  }

  void check_container_names() {
    std::map<std::string, const project::Service*, std::less<>> taken;
    for (const auto* service : started_) {
      const auto [entry, is_first] = taken.emplace(service->container_name, service);
      if (is_first) continue;
      const auto& other = *entry->second;
      const auto here = service->spec.where("container_name"), there = other.spec.where("container_name");
      const auto message = [&](const project::Service& one, const project::Service& two, Position at) {
        return fmt::format("the container of '{}' would be named '{}', as that of '{}' ({})", one.name,
                           service->container_name, two.name, place(at));
      };
      error(there, width_of_name(other), message(other, *service, here));
      error(here, width_of_name(*service), message(*service, other, there),
            "a name is unique at an engine: give one of them another container_name, or start only one of them");
    }
  }

  static std::size_t width_of_name(const project::Service& service) {
    return service.spec.has("container_name") ? std::string_view("container_name").size() : service.name.size();
  }

  // Of a range, the engine takes a port that is free.
  void check_host_ports() {
    std::map<std::pair<std::string, std::string>, std::vector<Taken>> taken;
    Position told;  // an entry for several ports is reported once
    for (const auto* service : started_) {
      const auto mode = service->spec.network_mode.value_or("");
      if (mode == "host" || mode == "none") continue;  // publishes nothing
      for (const auto& port : service->spec.ports) {
        const auto& published = port.published.text;
        if (published.empty() || published == "0" || published.find('-') != std::string::npos) continue;
        auto& others = taken[{published, port.protocol}];
        const Taken here{port.host_ip.value_or(""), service, port.at, published.size()};
        const auto other = std::ranges::find_if(others, [&](const Taken& one) { return overlap(one.ip, here.ip); });
        if (other != others.end() && told != port.at) {
          told = port.at;
          report_port(published, *other, here);
        }
        others.push_back(here);
      }
    }
  }

  void report_port(const std::string& port, const Taken& first, const Taken& second) {
    const auto message = [&](const Taken& one, const Taken& other, std::string_view word) {
      return fmt::format("host port {} of '{}' is {} published by '{}' ({})", port, one.service->name, word,
                         other.service->name, place(other.at));
    };
    error(first.at, first.length, message(first, second, "also"));
    error(second.at, second.length, message(second, first, "already"),
          first.service == second.service ? "remove one of the two, or give it another port"
                                          : "give one of them another port, or start only one of them");
  }

  void check_network(const project::Service& service) {
    const auto mode = service.spec.network_mode.value_or("");
    const bool shares = mode.starts_with("service:") || mode.starts_with("container:");
    if (shares && !service.spec.ports.empty()) {
      error(service.spec.where("ports"), 5,
            fmt::format("with network_mode {} the ports are those of the other container", mode), "publish them there");
    }
  }

  void check_health_waits(const project::Service& service) {
    for (const auto& dependency : service.spec.depends_on) {
      const auto* other = project_.find(dependency.name);
      if (!other || other->spec.ready || dependency.value.condition != "service_healthy") continue;
      const auto& check = other->spec.healthcheck;
      if (!check || !check->disable.value_or(false) || !dependency.value.required.value_or(true)) continue;
      error(dependency.value.where("condition"), dependency.value.has("condition") ? 9 : dependency.name.size(),
            fmt::format("'{}' waits for '{}' to be healthy, but its healthcheck is disabled", service.name,
                        dependency.name),
            "give it a healthcheck or a ready probe");
    }
  }

  void check_secrets(const project::Service& service) {
    for (std::size_t i = 0; i < service.secrets.size() && i < service.spec.secrets.size(); ++i) {
      const auto& secret = service.secrets[i];
      if (secret.copied || secret.target.rfind('/') != 0) continue;
      error(service.spec.secrets[i].where("target"), 6,
            fmt::format("a secret cannot be mounted at '{}', directly below /", secret.target),
            "in a read_only container the folder of a secret is a mount of its own: name one, such as /run/secrets");
    }
  }

  void check_configs(const project::Service& service) {
    if (!service.spec.read_only.value_or(false)) return;
    for (std::size_t i = 0; i < service.configs.size() && i < service.spec.configs.size(); ++i) {
      if (!service.configs[i].copied) continue;
      error(service.spec.configs[i].at, service.configs[i].key.size(),
            fmt::format("config '{}' has to be copied into the container, which is read_only", service.configs[i].key),
            "keep it in a file without uid, gid and mode, or make it a secret");
    }
  }

  const project::Project& project_;
  const UpOptions& options_;
  std::vector<const project::Service*> started_;
  yaml::Diagnostics diagnostics_;
};

}  // namespace

Result<void> check_conflicts(const project::Project& project, const UpOptions& options,
                             const std::set<std::string, std::less<>>& services) {
  return Conflicts(project, options, services).check();
}

}  // namespace saasctl::plan
