// Matches observed containers to the replicas that the file asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/model_diff.hpp"
#include "plan/plan.hpp"

namespace saasctl::plan {

// One container that a service shall have.
struct Replica {
  const project::Service* service = nullptr;
  unsigned number = 1;
  std::string name;                            // as it shall be called
  const ObservedContainer* current = nullptr;  // can stay; nullptr: one must be made
  std::vector<const ObservedContainer*> old;   // to go once the new one takes their place
  Cause cause = {};                            // why there is a new one, or why the old ones go

  // The same in words for people: the service, with its number where there are several.
  std::string subject() const;
};

// The containers that `service` shall have, in the order of their numbers; those that are there keep theirs. A
// container that an interrupted run made for this place is taken over where it is what it should be.
std::vector<Replica> match_replicas(const project::Project& project, const ObservedState& observed,
                                    const project::Service& service, unsigned replicas, const UpOptions& options);

// Containers of the service beyond its number.
std::vector<const ObservedContainer*> surplus_of(const ObservedState& observed, const std::string& service,
                                                 unsigned replicas);

// How many containers the service shall have.
unsigned replicas_of(const project::Service& service, const UpOptions& options);

// Containers of services that the file does not have.
std::vector<const ObservedContainer*> orphans_of(const project::Project& project, const ObservedState& observed);

// "8080/tcp" for every host port that the service always takes; none for ports that the engine picks.
std::vector<std::string> fixed_host_ports(const project::Service& service);

}  // namespace saasctl::plan
