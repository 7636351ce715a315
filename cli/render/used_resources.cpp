#include "render/used_resources.hpp"

#include "yaml/interpolate.hpp"

namespace saasctl::render {

void UsedResources::add(const stack::Service& service) {
  if (service.networks.empty() && !service.network_mode) networks.insert("default");
  add_named(service);
  for (const auto& step : service.pre_start) add_named(step);  // without networks of its own: those of the service
  if (!service.build) return;
  for (const auto& grant : service.build->secrets) secrets.insert(grant.source.text);
}

void UsedResources::add_named(const stack::Service& service) {
  for (const auto& use : service.networks) networks.insert(use.name);
  for (const auto& mount : service.volumes) {
    if (mount.type == "volume" && mount.source) volumes.insert(yaml::without_variables(*mount.source));
  }
  for (const auto& grant : service.secrets) secrets.insert(grant.source.text);
  for (const auto& grant : service.configs) configs.insert(grant.source.text);
}

}  // namespace saasctl::render
