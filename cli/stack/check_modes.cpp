#include "stack/check_modes.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include "stack/implied.hpp"
#include "stack/vocabulary.hpp"
#include "util/text.hpp"
#include "yaml/detail.hpp"
#include "yaml/interpolate.hpp"

namespace saasctl::stack {
namespace {

using Names = std::unordered_set<std::string_view>;

class Modes {
 public:
  Modes(const Stack& stack, const Names& names, const Named<Service>& entry, Diagnostics& diagnostics)
      : stack_(stack), names_(names), name_(entry.name), service_(entry.value), diagnostics_(diagnostics) {}

  void check() {
    check_references();
    check_network();
    check_scale();
    check_limits();
  }

 private:
  void error(std::string_view key, std::string message, std::string hint) {
    diagnostics_.add(service_.where(key), key.size(), std::move(message), std::move(hint));
  }

  void check_references() {
    for (const auto& implied : implied_dependencies(service_)) {
      if (implied.service == name_) {
        error(implied.key, fmt::format("'{}' names itself in {}", name_, implied.key), "name another service");
      } else if (!names_.contains(implied.service)) {
        error(implied.key, fmt::format("unknown service '{}' in {}", implied.service, implied.key),
              explains_more(diagnostics_) ? hint_for(implied.service) : std::string());
      }
    }
  }

  std::string hint_for(const std::string& name) const {
    std::vector<std::string> known;
    for (const auto& service : stack_.services) known.push_back(service.name);
    const auto close = nearest(name, known);
    return close ? "did you mean '" + *close + "'?" : "services: " + join(known, ", ");
  }

  void check_network() {
    if (!service_.network_mode) return;
    if (!service_.networks.empty()) {
      error("network_mode", "network_mode and networks exclude each other",
            "keep one of them; network_mode is for none, host, bridge, service:NAME and container:NAME");
    }
  }

  // The same value in two spellings: `short_key` of the service, and the last key of `long_name` in `record`.
  void differ(std::string_view short_key, std::string_view here, std::string_view long_name, const Located& record,
              std::string_view there) {
    const auto last = long_name.substr(long_name.rfind('.') + 1);
    const auto other = record.where(last);
    error(short_key,
          fmt::format("'{}' is {}, but '{}' is {} ({})", short_key, here, long_name, there, to_string(other)),
          "keep one of the two, or give both the same value");
    diagnostics_.add(other, last.size(),
                     fmt::format("'{}' is {}, but '{}' is {} ({})", long_name, there, short_key, here,
                                 to_string(service_.where(short_key))));
  }

  static bool is_known(std::string_view text) { return !has_variable(text); }

  void check_scale() {
    const auto* replicas = service_.deploy && service_.deploy->replicas ? &*service_.deploy->replicas : nullptr;
    if (service_.scale && replicas && *service_.scale != *replicas && is_known(service_.scale->text) &&
        is_known(replicas->text)) {
      differ("scale", service_.scale->text, "deploy.replicas", *service_.deploy, replicas->text);
    }
    const auto count = service_.scale ? service_.scale->value : replicas ? replicas->value : 1;
    if (count > 1 && service_.container_name) {
      error("container_name", fmt::format("container_name names one container, and there would be {}", count),
            "remove container_name, or keep to one container");
    }
  }

  // 0 in the short spelling means that nothing is set. Source: compose-go v2, loader/validate.go, checkConsistency.
  template <typename T>
  void check_limit(std::string_view key, const std::optional<T>& here, std::string_view long_name,
                   const Located& record, const std::optional<T>& there) {
    if (!here || !there || here->value == 0 || *here == *there) return;
    if (is_known(here->text) && is_known(there->text)) differ(key, here->text, long_name, record, there->text);
  }

  void check_limits() {
    const auto* resources = service_.deploy && service_.deploy->resources ? &*service_.deploy->resources : nullptr;
    if (!resources) return;
    if (const auto& limits = resources->limits) {
      check_limit("mem_limit", service_.mem_limit, "deploy.resources.limits.memory", *limits, limits->memory);
      check_limit("cpus", service_.cpus, "deploy.resources.limits.cpus", *limits, limits->cpus);
      check_limit("pids_limit", service_.pids_limit, "deploy.resources.limits.pids", *limits, limits->pids);
    }
    if (const auto& reserved = resources->reservations) {
      check_limit("mem_reservation", service_.mem_reservation, "deploy.resources.reservations.memory", *reserved,
                  reserved->memory);
    }
  }

  const Stack& stack_;
  const Names& names_;  // of its services
  const std::string& name_;
  const Service& service_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_modes(const Stack& stack, Diagnostics& diagnostics) {
  Names names;
  for (const auto& entry : stack.services) names.insert(entry.name);
  for (const auto& entry : stack.services) {
    Modes(stack, names, entry, diagnostics).check();
    for (const auto& step : entry.value.pre_start)
      Modes(stack, names, Named<Service>{entry.name, step.at, step}, diagnostics).check();
  }
}

}  // namespace saasctl::stack
