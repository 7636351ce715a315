// Existing networks and volumes that differ from the file. `up` recreates a network with the containers on it. A volume
// stays as it is: its data would go with it.
#pragma once

#include <string>
#include <vector>

#include "plan/model_diff.hpp"
#include "plan/observed_state.hpp"
#include "project/project.hpp"

namespace saasctl::plan {

// What the file says about a network, flat: {"driver": "bridge", "ipam.config[0].subnet": "10.1.0.0/24"}.
project::Json network_model(const project::Network& network);

// How the existing network differs from the file; no text: it does not, or does not exist. Compared is the record in
// its label; without one, which another tool or an earlier version made, the keys that the file has.
Cause network_change(const project::Network& network, const ObservedState& observed);

// A sentence for each volume that differs, with the keys and what recreates it; with `networks` for networks, too.
std::vector<std::string> find_drift(const project::Project& project, const ObservedState& observed, bool networks);

}  // namespace saasctl::plan
