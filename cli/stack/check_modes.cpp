#include "stack/check_modes.hpp"

#include <fmt/format.h>

#include "stack/implied.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

class Modes {
 public:
  Modes(const Stack& stack, const Named<Service>& entry, Diagnostics& diagnostics)
      : stack_(stack), name_(entry.name), service_(entry.value), diagnostics_(diagnostics) {}

  void check() {
    check_references();
    check_network();
    check_scale();
    check_memory();
    check_files();
  }

 private:
  void error(std::string_view key, std::string message, std::string hint) {
    diagnostics_.add(service_.where(key), key.size(), std::move(message), std::move(hint));
  }

  void check_references() {
    for (const auto& implied : implied_dependencies(service_)) {
      if (implied.service == name_) {
        error(implied.key, fmt::format("'{}' names itself in {}", name_, implied.key), "name another service");
      } else if (!stack_.services.find(implied.service)) {
        std::vector<std::string> known;
        for (const auto& service : stack_.services) known.push_back(service.name);
        const auto close = nearest(implied.service, known);
        error(implied.key, fmt::format("unknown service '{}' in {}", implied.service, implied.key),
              close ? "did you mean '" + *close + "'?" : "services: " + join(known, ", "));
      }
    }
  }

  void check_network() {
    if (!service_.network_mode) return;
    const auto& mode = *service_.network_mode;
    if (!service_.networks.empty()) {
      error("network_mode", "network_mode and networks exclude each other",
            "keep one of them; network_mode is for none, host, bridge, service:NAME and container:NAME");
    }
    const bool shares = mode.starts_with("service:") || mode.starts_with("container:");
    if (shares && !service_.ports.empty()) {
      error("ports", fmt::format("with network_mode {} the ports are those of the other container", mode),
            "publish them there");
    }
  }

  void check_scale() {
    const auto* replicas = service_.deploy && service_.deploy->replicas ? &*service_.deploy->replicas : nullptr;
    if (service_.scale && replicas && service_.scale->value != replicas->value) {
      error("scale", fmt::format("scale is {}, but deploy.replicas is {}", service_.scale->value, replicas->value),
            "keep one of the two");
    }
    const auto count = service_.scale ? service_.scale->value : replicas ? replicas->value : 1;
    if (count > 1 && service_.container_name) {
      error("container_name", fmt::format("container_name names one container, and there would be {}", count),
            "remove container_name, or keep to one container");
    }
  }

  void check_memory() {
    const auto* resources = service_.deploy && service_.deploy->resources ? &*service_.deploy->resources : nullptr;
    const auto both = [&](std::string_view key, bool is_short, bool is_long, std::string_view place) {
      if (is_short && is_long)
        error(key, fmt::format("'{}' is set here and under deploy.resources.{}", key, place), "keep one of the two");
    };
    const auto* limits = resources && resources->limits ? &*resources->limits : nullptr;
    both("mem_limit", service_.mem_limit.has_value(), limits && limits->memory, "limits");
    both("cpus", service_.cpus.has_value(), limits && limits->cpus, "limits");
    both("pids_limit", service_.pids_limit.has_value(), limits && limits->pids, "limits");
    both("mem_reservation", service_.mem_reservation.has_value(),
         resources && resources->reservations && resources->reservations->memory, "reservations");
  }

  // A config that is copied into the container, which must not be read-only for that.
  void check_files() {
    if (!service_.read_only.value_or(false)) return;
    for (const auto& grant : service_.configs) {
      const auto* config = stack_.configs.find(grant.source.text);
      if (!config) continue;
      if (!config->file || grant.uid || grant.gid || grant.mode) {
        diagnostics_.add(
            grant.at, grant.source.text.size(),
            fmt::format("config '{}' has to be copied into the container, which is read_only", grant.source.text),
            "keep it in a file without uid, gid and mode, or make it a secret");
      }
    }
  }

  const Stack& stack_;
  const std::string& name_;
  const Service& service_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_modes(const Stack& stack, Diagnostics& diagnostics) {
  for (const auto& entry : stack.services) Modes(stack, entry, diagnostics).check();
}

}  // namespace saasctl::stack
