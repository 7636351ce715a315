// Networks that are recreated because the file has changed them.
#pragma once

#include <string_view>
#include <vector>

#include "plan/plan_builder.hpp"

namespace saasctl::plan {

struct ChangedNetwork {
  const project::Network* network = nullptr;
  Cause cause;
  std::vector<const ObservedContainer*> users;  // running containers of the project on it
};

// The changed networks that one of `services` uses; none where the options keep them. Errors: conflict (a container
// is attached that this plan may not stop: it does not belong to the project, `run` has made it, or the file does not
// have its service).
Result<std::vector<ChangedNetwork>> changed_networks(const project::Project& project, const ObservedState& observed,
                                                     const UpOptions& options,
                                                     const std::set<std::string, std::less<>>& services);

// Whether this container is attached to one of them: it has to be recreated. Null: it is not.
const ChangedNetwork* changed_network_of(const std::vector<ChangedNetwork>& networks,
                                         const ObservedContainer& container);

// What follows a network's name in that of its probe; one that a killed run left is removed by the next.
inline constexpr std::string_view probe_suffix = "-saasctl-probe";

// The network's new body under the name of a probe, without what cannot exist twice on one host: address pools that
// overlap those of the existing network, and a fixed name of the bridge.
ProbeNetwork probe_of(const Json& body, const Json& before);

}  // namespace saasctl::plan
