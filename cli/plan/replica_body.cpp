#include "plan/replica_body.hpp"

#include <algorithm>
#include <set>

#include "plan/engine_values.hpp"
#include "plan/labels.hpp"
#include "util/text.hpp"

namespace saasctl::plan {

void settle_number(ContainerBody& container, const Replica& replica) {
  if (replica.number == 1) return;
  auto& body = container.body;
  body["Labels"][std::string(label::container_number)] = std::to_string(replica.number);
  const auto rename = [&](Json& endpoint) {
    for (auto& alias : endpoint["Aliases"]) {
      if (alias == replica.service->container_name) alias = replica.name;
    }
  };
  for (auto& [network, endpoint] : container.connect) rename(endpoint);
  if (!body.contains("NetworkingConfig")) return;
  for (auto& endpoint : body["NetworkingConfig"]["EndpointsConfig"]) rename(endpoint);
}

unsigned number_in(const Json& body) {
  const auto labels = body.find("Labels");
  const std::string first = "1";
  const auto text = labels == body.end() ? first : labels->value(std::string(label::container_number), first);
  return static_cast<unsigned>(parse_integer(text).value_or(1));
}

namespace {

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// Targets of everything that is mounted by name.
std::set<std::string> taken_targets(const Json& host) {
  std::set<std::string> taken;
  for (const auto& bind : host.value("Binds", Json::array())) {
    const auto parts = split(bind.get<std::string>(), ':');
    if (parts.size() > 1) taken.insert(without_slash(parts[1]));
  }
  const auto tmpfs = host.value("Tmpfs", Json::object());
  for (const auto& [target, ignored] : tmpfs.items()) taken.insert(without_slash(target));
  for (const auto& mount : host.value("Mounts", Json::array())) {
    if (mount.contains("Source") || mount.value("Type", "") == "tmpfs")
      taken.insert(without_slash(mount.value("Target", "")));
  }
  return taken;
}

}  // namespace

void label_anonymous_volumes(Json& body, const Json* image) {
  auto& host = body["HostConfig"];
  const Json labels = {{std::string(label::project), body["Labels"][std::string(label::project)]},
                       {std::string(label::service), body["Labels"][std::string(label::service)]}};
  auto taken = taken_targets(host);
  if (host.contains("Mounts")) {
    for (auto& mount : host["Mounts"]) {
      if (mount.value("Type", "") != "volume" || mount.contains("Source")) continue;
      taken.insert(without_slash(mount.value("Target", "")));
      for (const auto& [name, value] : labels.items()) mount["VolumeOptions"]["Labels"][name] = value;
    }
  }
  // A volume of another container's in the same place comes before that of the image.
  if (!image || host.contains("VolumesFrom")) return;
  const auto& volumes = member(*image, "Volumes");
  for (const auto& [target, ignored] : volumes.items()) {
    if (!taken.insert(without_slash(target)).second) continue;
    if (!host.contains("Mounts")) host["Mounts"] = Json::array();
    host["Mounts"].push_back({{"Type", "volume"}, {"Target", target}, {"VolumeOptions", {{"Labels", labels}}}});
  }
}

void inherit_volumes(Json& body, const std::vector<const ObservedContainer*>& old) {
  auto& host = body["HostConfig"];
  auto taken = taken_targets(host);
  for (const auto* container : old) {
    for (const auto& volume : container->anonymous) {
      if (!taken.insert(without_slash(volume.destination)).second) continue;
      auto& mounts = host["Mounts"];
      if (mounts.is_null()) mounts = Json::array();
      const auto same = std::ranges::find_if(mounts, [&](const Json& mount) {
        return without_slash(mount.value("Target", "")) == without_slash(volume.destination);
      });
      if (same != mounts.end()) {
        (*same)["Source"] = volume.name;
      } else {
        mounts.push_back({{"Type", "volume"}, {"Source", volume.name}, {"Target", volume.destination}});
      }
    }
  }
}

}  // namespace saasctl::plan
