// What containers stand on: networks, volumes and the volumes of their secrets, each made once in a plan.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/container_body.hpp"
#include "plan/plan_builder.hpp"

namespace saasctl::plan {

class Prerequisites {
 public:
  // All three must outlive it.
  Prerequisites(PlanBuilder& builder, const project::Project& project, const ObservedState& observed)
      : builder_(builder), project_(project), observed_(observed) {}

  // The actions after which the service's networks, volumes and secrets are there; `secrets` are secret_volumes() of
  // the service, `leftovers` what must be gone before they can be filled.
  Indices actions_for(const project::Service& service, const std::vector<SecretVolume>& secrets, const Cause& cause,
                      const Indices& leftovers);

  // The action that replaces this existing network, whose key this is.
  void replaced(const std::string& key, std::size_t action) { made_["network " + key] = action; }

 private:
  // Nothing when it is complete already.
  std::optional<std::size_t> fill(const project::Service& service, const Cause& cause, const SecretVolume& volume,
                                  const std::string& helper, const Indices& leftovers);
  std::optional<std::size_t> network(const std::string& key);
  std::optional<std::size_t> volume(const std::string& key);

  PlanBuilder& builder_;
  const project::Project& project_;
  const ObservedState& observed_;
  std::map<std::string, std::size_t> made_;
};

}  // namespace saasctl::plan
