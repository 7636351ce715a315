#include "plan/instance_body.hpp"

#include <algorithm>
#include <set>

#include "plan/labels.hpp"
#include "util/text.hpp"

namespace saasctl::plan {

void settle_number(ContainerBody& container, const Instance& instance) {
  if (instance.number == 1) return;
  auto& body = container.body;
  body["Labels"][std::string(label::container_number)] = std::to_string(instance.number);
  const auto rename = [&](Json& endpoint) {
    for (auto& alias : endpoint["Aliases"]) {
      if (alias == instance.service->container_name) alias = instance.name;
    }
  };
  for (auto& [network, endpoint] : container.connect) rename(endpoint);
  if (!body.contains("NetworkingConfig")) return;
  for (auto& endpoint : body["NetworkingConfig"]["EndpointsConfig"]) rename(endpoint);
}

void inherit_volumes(Json& body, const std::vector<const ObservedContainer*>& old) {
  auto& host = body["HostConfig"];
  std::set<std::string> taken;
  for (const auto& bind : host.value("Binds", Json::array())) {
    const auto parts = split(bind.get<std::string>(), ':');
    if (parts.size() > 1) taken.insert(parts[1]);
  }
  const auto tmpfs = host.value("Tmpfs", Json::object());
  for (const auto& [target, ignored] : tmpfs.items()) taken.insert(target);
  for (const auto& mount : host.value("Mounts", Json::array())) {
    if (mount.contains("Source") || mount.value("Type", "") == "tmpfs") taken.insert(mount.value("Target", ""));
  }
  for (const auto* container : old) {
    for (const auto& volume : container->anonymous) {
      if (!taken.insert(volume.destination).second) continue;
      auto& mounts = host["Mounts"];
      if (mounts.is_null()) mounts = Json::array();
      const auto same = std::ranges::find_if(
          mounts, [&](const Json& mount) { return mount.value("Target", "") == volume.destination; });
      if (same != mounts.end()) {
        (*same)["Source"] = volume.name;
      } else {
        mounts.push_back({{"Type", "volume"}, {"Source", volume.name}, {"Target", volume.destination}});
      }
    }
  }
}

}  // namespace saasctl::plan
