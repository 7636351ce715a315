// What a command may go on with after another one has changed its project.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "plan/observed_state.hpp"
#include "plan/plan.hpp"
#include "util/result.hpp"

namespace saasctl::plan {

// The containers and networks that a command found in its first turn or has created since. Whatever else there is was
// made by a command that took its turn later: its wish is the newer one, and a plan that is made again must not revert
// it. Otherwise two commands with different values would replace each other's containers without end.
class Own {
 public:
  explicit Own(const ObservedState& first);

  // What this plan, which is about to be carried out, removes is not missed later.
  void planned(const Plan& plan);

  // The container `name` of the plan exists now and has this id.
  void created(const Plan& plan, const std::string& name, const std::string& id);

  // Whether it was there at first or was created by this command. A container of `run` that was there at first counts.
  bool has(const ObservedContainer& container) const { return containers_.contains(container.id); }

  // Whether a service has a container of a newer command.
  bool has_newer(const ObservedState& now) const;

  // The error (conflict) of a command that would revert a newer one with its plan `next`, made from the snapshot `now`:
  // it replaces or removes a container of the newer one, creates one again that the newer one has removed, or replaces
  // its network. Nothing when the command may go on.
  std::optional<Error> reverts(const Plan& next, const ObservedState& now) const;

 private:
  struct Place {
    std::string service;
    unsigned number;
    auto operator<=>(const Place&) const = default;
  };

  static Place place_of(const CreateContainer& work);
  bool is_newer(const ObservedContainer& container) const;
  std::optional<Error> reverts(const Action& action, const Plan& next, const ObservedState& now) const;
  std::optional<Error> creation_reverts(const CreateContainer& work, const std::string& cause,
                                        const ObservedState& now) const;

  std::map<std::string, Place> containers_;  // by id
  std::set<std::string> going_;              // ids of those that plans of this command remove
  std::map<std::string, std::string> networks_;
};

}  // namespace saasctl::plan
