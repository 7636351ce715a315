// Interfaces that networks of the file name for their bridges.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "plan/plan.hpp"

namespace saasctl::plan {

// The option of the bridge driver that names the interface.
inline constexpr std::string_view bridge_option = "com.docker.network.bridge.name";

// Error usage, at the lines of the file: a network that these services use names an interface that belongs to another
// network, or the engine's own docker0. The bridge driver would take the interface over, with its addresses, and the
// other network would stop working.
Result<void> check_bridges(const project::Project& project, const ObservedState& observed, const UpOptions& options,
                           const std::set<std::string, std::less<>>& services);

}  // namespace saasctl::plan
