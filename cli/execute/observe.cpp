#include "execute/observe.hpp"

#include <algorithm>

#include "engine/containers.hpp"
#include "engine/images.hpp"
#include "engine/networks.hpp"
#include "engine/volumes.hpp"
#include "plan/labels.hpp"

namespace saasctl::execute {
namespace {

std::string label_of(const engine::Labels& labels, std::string_view key) {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? "" : found->second;
}

std::string equals(std::string_view key, const std::string& value) {
  return std::string(key) + "=" + value;
}

Result<void> observe_containers(const engine::Client& client, const project::Project& project, plan::Observed& observed,
                                std::stop_token stop) {
  auto containers = engine::list_containers(client, {equals(plan::label::project, project.name)}, stop);
  if (!containers) return std::unexpected(containers.error());
  for (const auto& container : *containers) {
    observed.containers.push_back(
        {container.id, container.name, label_of(container.labels, plan::label::service), container.state,
         container.image_id, label_of(container.labels, plan::label::config_hash),
         label_of(container.labels, plan::label::model), label_of(container.labels, plan::label::one_off) == "True"});
  }
  return {};
}

// The project's own by label, and those of the file by name: an external one has no label of ours.
Result<void> observe_networks(const engine::Client& client, const project::Project& project, plan::Observed& observed,
                              std::stop_token stop) {
  auto networks = engine::list_networks(client, {}, stop);
  if (!networks) return std::unexpected(networks.error());
  for (const auto& network : *networks) {
    observed.networks[network.name] = network.id;
    if (label_of(network.labels, plan::label::project) == project.name)
      observed.project_networks.push_back(network.name);
  }
  return {};
}

Result<void> observe_volumes(const engine::Client& client, const project::Project& project, plan::Observed& observed,
                             std::stop_token stop) {
  auto volumes = engine::list_volumes(client, {}, stop);
  if (!volumes) return std::unexpected(volumes.error());
  for (const auto& volume : *volumes) {
    observed.volumes.push_back(volume.name);
    if (label_of(volume.labels, plan::label::secrets) == project.name) observed.secret_volumes.push_back(volume.name);
  }
  std::ranges::sort(observed.secret_volumes);
  return {};
}

Result<void> observe_images(const engine::Client& client, const project::Project& project, plan::Observed& observed,
                            std::stop_token stop) {
  for (const auto& service : project.services) {
    if (observed.images.contains(service.image)) continue;
    auto image = engine::inspect_image(client, service.image, stop);
    if (image) {
      observed.images[service.image] = {image->id, image->user};
    } else if (image.error().fault != Fault::not_found) {
      return std::unexpected(image.error());
    }
  }
  return {};
}

}  // namespace

Result<plan::Observed> observe(const engine::Client& client, const project::Project& project, std::stop_token stop) {
  plan::Observed observed;
  for (const auto& look : {observe_containers, observe_networks, observe_volumes, observe_images}) {
    if (auto done = look(client, project, observed, stop); !done) return std::unexpected(done.error());
  }
  return observed;
}

}  // namespace saasctl::execute
