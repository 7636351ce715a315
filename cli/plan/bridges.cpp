#include "plan/bridges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "yaml/diagnostics.hpp"

namespace saasctl::plan {
namespace {

// Source: moby, libnetwork/drivers/bridge, DefaultBridgeName.
constexpr std::string_view default_bridge = "docker0";
constexpr auto bridge_hint = "choose a name that no interface has, or remove the option: the engine then chooses one";

using yaml::Position;
using Option = declare::Named<std::optional<std::string>>;

const Option* bridge_of(const project::Network& network) {
  const auto& options = network.spec.driver_opts;
  const auto found = std::ranges::find(options.entries, bridge_option, &Option::name);
  return found == options.entries.end() || found->value.value_or("").empty() ? nullptr : &*found;
}

bool is_used(const project::Project& project, const std::string& network,
             const std::set<std::string, std::less<>>& services) {
  return std::ranges::any_of(project.services, [&](const project::Service& service) {
    return services.contains(service.name) &&
           std::ranges::any_of(service.spec.networks, [&](const auto& use) { return use.name == network; });
  });
}

// Who has the interface already; empty: no other network.
std::string holder_of(const std::string& bridge, const project::Network& network, const ObservedState& observed) {
  if (bridge == default_bridge) return "the engine's default network";
  const auto found = observed.bridges.find(bridge);
  if (found == observed.bridges.end()) return "";
  const auto other = std::ranges::find_if(found->second, [&](const auto& name) { return name != network.name; });
  return other == found->second.end() ? "" : "network " + *other;
}

}  // namespace

Result<void> check_bridges(const project::Project& project, const ObservedState& observed, const UpOptions& options,
                           const std::set<std::string, std::less<>>& services) {
  yaml::Diagnostics diagnostics;
  std::map<std::string, const project::Network*, std::less<>> named;  // by interface, those of this file
  for (const auto& network : project.networks) {
    const auto* option = bridge_of(network);
    if (!option || network.external || !is_used(project, network.key, services)) continue;
    const bool stays = options.keep_networks || options.no_recreate || options.no_start;
    if (stays && observed.networks.contains(network.name)) continue;
    const auto& bridge = *option->value;
    const auto error = [&](const std::string& holder) {
      diagnostics.add(
          option->at, option->name.size(),
          fmt::format("network '{}' cannot have the interface {}: it belongs to {}", network.key, bridge, holder),
          bridge_hint);
    };
    if (const auto holder = holder_of(bridge, network, observed); !holder.empty()) {
      error(holder);
    } else if (const auto [first, is_first] = named.emplace(bridge, &network); !is_first) {
      error(fmt::format("network '{}' ({})", first->second->key, yaml::to_string(bridge_of(*first->second)->at)));
    }
  }
  if (diagnostics.empty()) return {};
  return std::unexpected(diagnostics.error());
}

}  // namespace saasctl::plan
