#include "plan/footing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/resource_body.hpp"

namespace saasctl::plan {

Indices Footing::of(const project::Service& service, const std::vector<SecretVolume>& secrets, const Cause& cause,
                    const Indices& leftovers) {
  Indices after;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    const auto helper = fmt::format("{}{}-secrets", service.container_name, i == 0 ? "" : fmt::format("-{}", i + 1));
    after.push_back(fill(service, cause, secrets[i], helper, leftovers));
  }
  for (const auto& use : service.spec.networks) {
    if (const auto action = network(use.name)) after.push_back(*action);
  }
  for (const auto& mount : service.spec.volumes) {
    if (mount.type != "volume" || !mount.source) continue;
    if (const auto action = volume(*mount.source)) after.push_back(*action);
  }
  return after;
}

std::size_t Footing::fill(const project::Service& service, const Cause& cause, const SecretVolume& volume,
                          const std::string& helper, const Indices& leftovers) {
  if (const auto made = made_.find("secrets " + volume.name); made != made_.end()) return made->second;
  return made_["secrets " + volume.name] =
             draft_.add(FillSecrets{service.name, volume.name, volume.folder, helper, service.image, volume.files},
                        {cause.text}, leftovers);
}

// The action that makes the network, nothing when it is there.
std::optional<std::size_t> Footing::network(const std::string& key) {
  const auto found = std::ranges::find(project_.networks, key, &project::Network::key);
  if (found == project_.networks.end() || found->external || observed_.networks.contains(found->name))
    return std::nullopt;
  if (const auto made = made_.find("network " + key); made != made_.end()) return made->second;
  return made_["network " + key] =
             draft_.add(CreateNetwork{found->name, network_body(project_, *found)}, {"new"}, {}, Verdict::create);
}

std::optional<std::size_t> Footing::volume(const std::string& key) {
  const auto found = std::ranges::find(project_.volumes, key, &project::Volume::key);
  if (found == project_.volumes.end() || found->external) return std::nullopt;
  if (std::ranges::find(observed_.volumes, found->name) != observed_.volumes.end()) return std::nullopt;
  if (const auto made = made_.find("volume " + key); made != made_.end()) return made->second;
  return made_["volume " + key] =
             draft_.add(CreateVolume{found->name, volume_body(project_, *found)}, {"new"}, {}, Verdict::create);
}

}  // namespace saasctl::plan
