#include "plan/prerequisites.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/record.hpp"
#include "plan/resource_body.hpp"

namespace saasctl::plan {

Indices Prerequisites::actions_for(const project::Service& service, const std::vector<SecretVolume>& secrets,
                                   const Cause& cause, const Indices& leftovers) {
  Indices after;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    const auto helper = fmt::format("{}{}-secrets", service.container_name, i == 0 ? "" : fmt::format("-{}", i + 1));
    if (const auto action = fill(service, cause, secrets[i], helper, leftovers)) after.push_back(*action);
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

std::optional<std::size_t> Prerequisites::fill(const project::Service& service, const Cause& cause,
                                               const SecretVolume& volume, const std::string& helper,
                                               const Indices& leftovers) {
  if (volume.filled) return std::nullopt;
  if (const auto made = made_.find("secrets " + volume.name); made != made_.end()) return made->second;
  return made_["secrets " + volume.name] = builder_.add(
             FillSecrets{service.name, volume.name, volume.folder, helper, service.image, volume.files, volume.digest},
             {cause.text}, leftovers);
}

// The action that makes the network, nothing when it is there.
std::optional<std::size_t> Prerequisites::network(const std::string& key) {
  const auto found = std::ranges::find(project_.networks, key, &project::Network::key);
  if (found == project_.networks.end() || found->external) return std::nullopt;
  if (const auto made = made_.find("network " + key); made != made_.end()) return made->second;
  if (observed_.networks.contains(found->name)) return std::nullopt;
  const auto salt = salt_for(observed_.entropy, "network " + found->name);
  return made_["network " + key] = builder_.add(CreateNetwork{found->name, network_body(project_, *found, salt)},
                                                {"new"}, {}, ResourceChange::create);
}

std::optional<std::size_t> Prerequisites::volume(const std::string& key) {
  const auto found = std::ranges::find(project_.volumes, key, &project::Volume::key);
  if (found == project_.volumes.end() || found->external) return std::nullopt;
  if (std::ranges::find(observed_.volumes, found->name) != observed_.volumes.end()) return std::nullopt;
  if (const auto made = made_.find("volume " + key); made != made_.end()) return made->second;
  return made_["volume " + key] = builder_.add(CreateVolume{found->name, volume_body(project_, *found)}, {"new"}, {},
                                               ResourceChange::create);
}

}  // namespace saasctl::plan
