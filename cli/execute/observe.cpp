#include "execute/observe.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "engine/containers.hpp"
#include "engine/images.hpp"
#include "engine/networks.hpp"
#include "engine/volumes.hpp"
#include "plan/bridges.hpp"
#include "plan/drift.hpp"
#include "plan/labels.hpp"
#include "plan/record.hpp"
#include "stack/implied.hpp"
#include "util/guarded.hpp"
#include "util/text.hpp"

namespace saasctl::execute {
namespace {

std::string label_of(const engine::Labels& labels, std::string_view key) {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? "" : found->second;
}

std::string equals(std::string_view key, const std::string& value) {
  return std::string(key) + "=" + value;
}

// "Exited (137) 5 minutes ago": the list has the exit code nowhere else.
std::optional<int> exit_code_in(const std::string& status) {
  constexpr std::string_view head = "Exited (";
  if (!status.starts_with(head)) return std::nullopt;
  const auto code = parse_integer(std::string_view(status).substr(head.size(), status.find(')') - head.size()));
  return code ? std::optional(static_cast<int>(*code)) : std::nullopt;
}

// What the list says in words only: "Up 5 minutes (healthy)", "Up 12 seconds", "Up 2 hours (health: starting)".
std::string health_in(std::string_view status) {
  if (status.ends_with("(healthy)")) return "healthy";
  if (status.ends_with("(unhealthy)")) return "unhealthy";
  return status.ends_with("(health: starting)") ? "starting" : "";
}

// 256 bits of the system's random source.
std::string random_text() {
  std::random_device random;
  std::string out;
  for (int i = 0; i < 8; ++i) out += std::to_string(random()) + " ";
  return out;
}

bool is_anonymous(const engine::Mount& mount) {
  return mount.type == "volume" && plan::is_anonymous(mount.name);
}

// The ids of those whose name spaces it is in.
std::vector<std::string> companions_of(const nlohmann::json& container) {
  constexpr std::string_view head = "container:";
  std::vector<std::string> ids;
  const auto host = container.find("HostConfig");
  if (host == container.end() || !host->is_object()) return ids;
  for (const auto* key : {"NetworkMode", "IpcMode", "PidMode"}) {
    const auto found = host->find(key);
    if (found == host->end() || !found->is_string()) continue;
    const auto mode = found->get<std::string>();
    if (mode.starts_with(head)) ids.push_back(mode.substr(head.size()));
  }
  return ids;
}

std::vector<std::string> volumes_of(const nlohmann::json& container) {
  std::vector<std::string> names;
  const auto mounts = container.find("Mounts");
  if (mounts == container.end() || !mounts->is_array()) return names;
  const auto text = [](const nlohmann::json& mount, const char* key) {
    const auto found = mount.is_object() ? mount.find(key) : mount.end();
    return found != mount.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  for (const auto& mount : *mounts) {
    if (text(mount, "Type") == "volume") names.push_back(text(mount, "Name"));
  }
  return names;
}

Result<void> observe_containers(const engine::Client& client, const project::Project& project,
                                plan::ObservedState& observed, std::stop_token stop) {
  auto containers = list_observed(client, project.name, stop);
  if (!containers) return std::unexpected(containers.error());
  for (auto& seen : *containers) {
    seen.just_started =
        seen.just_started || client.is_podman();  // its list does not tell the health: nobody is trusted unasked
    const auto* service = project.find(seen.service);
    const bool foreign = seen.model.empty() && !seen.one_off;
    // Its record has only digests of harmless values that a plan may show.
    const bool changed =
        service && !seen.model.empty() && !seen.one_off && !plan::is_unchanged(seen.model, service->model);
    const bool shares = service && !stack::sharing(service->spec).empty();
    // Podman's list may leave out what a container mounts.
    const bool untold = client.is_podman() && seen.volumes.empty();
    if (foreign || shares || changed || untold) {
      const auto whole = engine::describe_container(client, seen.id, stop);
      if (!whole && whole.error().kind == ErrorKind::not_found) continue;  // removed meanwhile
      if (!whole) return std::unexpected(whole.error());
      if (foreign || changed) seen.inspected = std::make_shared<const project::Json>(*whole);
      if (untold) seen.volumes = volumes_of(*whole);
      if (shares) seen.namespace_peers = companions_of(*whole);
    }
    observed.containers.push_back(std::move(seen));
  }
  return {};
}

plan::Facts facts_of(const engine::Network& network) {
  const auto text = [](bool value) { return value ? "true" : "false"; };
  plan::Facts facts{{"driver", network.driver},
                    {"internal", text(network.internal)},
                    {"attachable", text(network.attachable)},
                    {"enable_ipv6", text(network.ipv6)}};
  for (const auto& [name, value] : network.options) facts["driver_opts." + name] = value;
  for (const auto& [name, value] : network.labels) {
    if (!name.starts_with("com.docker.compose.") && !name.starts_with("saasctl.")) facts["labels." + name] = value;
  }
  const auto add = [&](const std::string& path, const nlohmann::json& object) {
    for (const auto& [name, value] : object.items()) {
      if (value.is_string()) facts[path + "." + name] = value.get<std::string>();
    }
  };
  if (const auto options = network.ipam.find("Options"); options != network.ipam.end()) add("ipam.options", *options);
  if (const auto driver = network.ipam.find("Driver"); driver != network.ipam.end() && driver->is_string())
    facts["ipam.driver"] = driver->get<std::string>();
  const auto pools = network.ipam.find("Config");
  if (pools == network.ipam.end() || !pools->is_array()) return facts;
  for (std::size_t i = 0; i < pools->size(); ++i) {
    for (const auto& [key, name] : {std::pair("Subnet", "subnet"), {"IPRange", "ip_range"}, {"Gateway", "gateway"}}) {
      const auto found = (*pools)[i].find(key);
      if (found != (*pools)[i].end() && found->is_string())
        facts["ipam.config[" + std::to_string(i) + "]." + name] = found->get<std::string>();
    }
    if (const auto more = (*pools)[i].find("AuxiliaryAddresses"); more != (*pools)[i].end())
      add("ipam.config[" + std::to_string(i) + "].aux_addresses", *more);
  }
  return facts;
}

plan::Facts facts_of(const engine::Volume& volume) {
  plan::Facts facts{{"driver", volume.driver}};
  for (const auto& [name, value] : volume.options) facts["driver_opts." + name] = value;
  return facts;
}

// What creates the network again as it is now.
nlohmann::json body_of(const engine::Network& network) {
  return {{"Name", network.name},
          {"Driver", network.driver},
          {"Labels", network.labels},
          {"Options", network.options},
          {"Internal", network.internal},
          {"IPAM", network.ipam},
          {"Attachable", network.attachable},
          {"EnableIPv6", network.ipv6}};
}

// What replacing the changed networks of the file needs to know. A container may have been attached by hand.
Result<void> observe_changed(const engine::Client& client, const project::Project& project,
                             const std::map<std::string, engine::Network>& own, plan::ObservedState& observed,
                             const std::stop_token& stop) {
  for (const auto& wanted : project.networks) {
    if (plan::network_change(wanted, observed).text.empty()) continue;
    observed.network_bodies[wanted.name] = body_of(own.at(wanted.name));
    const auto network = engine::inspect_network(client, own.at(wanted.name).id, stop);
    if (!network && network.error().kind == ErrorKind::not_found) continue;  // removed meanwhile
    if (!network) return std::unexpected(network.error());
    observed.attached[wanted.name] = network->containers;
  }
  return {};
}

// Before API 1.44 two requests that come together make two networks of one name. One that has containers stays, or one
// of those that have none.
Result<void> observe_twins(const engine::Client& client, const std::map<std::string, std::vector<std::string>>& ids,
                           plan::ObservedState& observed, const std::stop_token& stop) {
  for (const auto& [name, twins] : ids) {
    if (twins.size() < 2) continue;
    std::vector<std::string> idle;
    for (const auto& id : twins) {
      const auto network = engine::inspect_network(client, id, stop);
      if (network && network->containers.empty()) idle.push_back(id);
      if (!network && network.error().kind != ErrorKind::not_found) return std::unexpected(network.error());
    }
    const auto kept = idle.size() == twins.size() ? 1 : 0;
    observed.duplicate_networks.insert(observed.duplicate_networks.end(), idle.begin() + kept, idle.end());
  }
  return {};
}

// The interface of a bridge network on the engine's machine. Source: moby, libnetwork/drivers/bridge,
// getBridgeIfaceName (parseNetworkOptions): "br-" and 12 digits of the id where no option names it.
std::string bridge_of(const engine::Network& network) {
  if (const auto found = network.options.find(std::string(plan::bridge_option)); found != network.options.end())
    return found->second;
  return network.driver == "bridge" ? "br-" + network.id.substr(0, 12) : "";
}

// The project's own by label, and those of the file by name: an external one has no label of ours.
Result<void> observe_networks(const engine::Client& client, const project::Project& project,
                              plan::ObservedState& observed, std::stop_token stop) {
  auto networks = engine::list_networks(client, {}, stop);
  if (!networks) return std::unexpected(networks.error());
  std::map<std::string, std::vector<std::string>> own;  // name → ids
  std::map<std::string, engine::Network> whole;
  for (const auto& network : *networks) {
    observed.networks[network.name] = network.id;
    if (auto bridge = bridge_of(network); !bridge.empty()) observed.bridges[std::move(bridge)].insert(network.name);
    if (label_of(network.labels, plan::label::project) != project.name) continue;
    observed.network_facts[network.name] = facts_of(network);
    observed.network_models[network.name] = label_of(network.labels, plan::label::model);
    whole.insert_or_assign(network.name, network);
    auto& twins = own[network.name];
    if (twins.empty()) observed.project_networks.push_back(network.name);
    twins.push_back(network.id);
  }
  if (auto looked = observe_changed(client, project, whole, observed, stop); !looked) return looked;
  return observe_twins(client, own, observed, stop);
}

Result<void> observe_volumes(const engine::Client& client, const project::Project& project,
                             plan::ObservedState& observed, std::stop_token stop) {
  auto volumes = engine::list_volumes(client, {}, stop);
  if (!volumes) return std::unexpected(volumes.error());
  for (const auto& volume : *volumes) {
    observed.volumes.push_back(volume.name);
    if (label_of(volume.labels, plan::label::project) == project.name)
      observed.volume_facts[volume.name] = facts_of(volume);
    if (label_of(volume.labels, plan::label::secrets) == project.name) {
      observed.secret_volumes.push_back(volume.name);
      if (auto digest = label_of(volume.labels, plan::label::secrets_digest); !digest.empty())
        observed.secret_digests[volume.name] = std::move(digest);
    }
  }
  std::ranges::sort(observed.secret_volumes);
  return {};
}

// Few images are asked for one by one, which costs the engine least. Of many, one list tells the ids.
constexpr std::size_t few_images = 8;

std::set<std::string> images_of(const project::Project& project) {
  std::set<std::string> names;
  for (const auto& service : project.services) {
    for (const auto* one : project::with_steps(service)) names.insert(one->image);
  }
  return names;
}

Result<void> inspect_images(const engine::Client& client, const std::set<std::string>& names,
                            plan::ObservedState& observed, const std::stop_token& stop) {
  for (const auto& name : names) {
    auto image = engine::inspect_image(client, name, stop);
    if (image) {
      // Podman does not tell the healthcheck of an image, which may have one.
      if (client.is_podman() && image->config.is_object()) image->config.emplace("Healthcheck", nullptr);
      observed.images[name] = {image->id, image->user, std::make_shared<const project::Json>(image->config)};
    } else if (image.error().kind != ErrorKind::not_found) {
      return std::unexpected(image.error());
    }
  }
  return {};
}

// Names that no tag of the list is equal to are asked for: they may be digests or ids.
Result<void> observe_images(const engine::Client& client, const project::Project& project,
                            plan::ObservedState& observed, std::stop_token stop) {
  auto names = images_of(project);
  if (names.size() > few_images) {
    const auto list = engine::list_images(client, {}, stop);
    if (!list) return std::unexpected(list.error());
    std::map<std::string, std::string> ids;  // by the name in full
    for (const auto& image : *list) {
      for (const auto& tag : image.tags) ids[engine::full_reference(tag)] = image.id;
    }
    std::erase_if(names, [&](const std::string& name) {
      const auto found = ids.find(engine::full_reference(name));
      if (found != ids.end()) observed.images[name] = {found->second, ""};
      return found != ids.end();
    });
  }
  return inspect_images(client, names, observed, stop);
}

// How containers are attached to networks that are going to be replaced: a rollback attaches them again.
Result<void> observe_endpoints(const engine::Client& client, plan::ObservedState& observed,
                               const std::stop_token& stop) {
  for (auto& container : observed.containers) {
    const bool affected = std::ranges::any_of(
        container.networks, [&](const std::string& name) { return observed.network_bodies.contains(name); });
    if (!affected || container.inspected || container.one_off) continue;
    const auto whole = engine::describe_container(client, container.id, stop);
    if (!whole && whole.error().kind == ErrorKind::not_found) continue;  // removed meanwhile
    if (!whole) return std::unexpected(whole.error());
    container.inspected = std::make_shared<const project::Json>(*whole);
  }
  return {};
}

// Images of the list whose configuration counts: it has the owner of a service's files, what another tool's
// container is compared with, or the healthcheck of a service that has none of its own and is waited for.
Result<void> observe_configurations(const engine::Client& client, const project::Project& project,
                                    plan::ObservedState& observed, const std::stop_token& stop) {
  std::set<std::string> foreign;
  for (const auto& container : observed.containers) {
    if (container.model.empty() && container.inspected) foreign.insert(container.service);
  }
  std::set<std::string> awaited;
  for (const auto& service : project.services) {
    for (const auto& dependency : service.dependencies) {
      const auto* other = project.find(dependency.service);
      const bool unsaid =
          other && !other->spec.ready && (!other->spec.healthcheck || other->spec.healthcheck->test.empty());
      if (dependency.condition == "service_healthy" && unsaid) awaited.insert(dependency.service);
    }
  }
  std::set<std::string> names;
  for (const auto& service : project.services) {
    for (const auto* one : project::with_steps(service)) {
      const auto image = observed.images.find(one->image);
      const bool owns_files = !one->spec.user && !(one->secrets.empty() && one->configs.empty());
      const bool judged = owns_files || foreign.contains(service.name) || awaited.contains(service.name);
      if (image != observed.images.end() && !image->second.config && judged) names.insert(one->image);
    }
  }
  return inspect_images(client, names, observed, stop);
}

}  // namespace

plan::ObservedContainer observed_container(const engine::ContainerSummary& container) {
  plan::ObservedContainer out{.id = container.id,
                              .name = container.name,
                              .service = label_of(container.labels, plan::label::service),
                              .state = container.state,
                              .image_id = container.image_id,
                              .hash = label_of(container.labels, plan::label::config_hash),
                              .model = label_of(container.labels, plan::label::model),
                              .one_off = label_of(container.labels, plan::label::one_off) == "True",
                              .exit_code = exit_code_in(container.status),
                              .health = health_in(container.status),
                              .just_started = container.status.find("Less than a second") != std::string::npos};
  out.hook = label_of(container.labels, plan::label::hook);
  out.one_off = out.one_off || !out.hook.empty();
  if (const auto number = parse_integer(label_of(container.labels, plan::label::container_number));
      number && *number > 0)
    out.number = static_cast<unsigned>(*number);
  for (const auto& port : container.ports) {
    if (port.host_port != 0) out.ports.push_back({port.host_ip, port.host_port, port.container_port});
  }
  for (const auto& mount : container.mounts) {
    if (is_anonymous(mount)) out.anonymous.push_back({mount.name, mount.destination});
    if (mount.type == "volume") out.volumes.push_back(mount.name);
  }
  out.networks = container.networks;
  out.network_ids = container.network_ids;
  out.folder = label_of(container.labels, plan::label::working_dir);
  if (const auto files = label_of(container.labels, plan::label::config_files); !files.empty())
    out.files = split(files, ',');
  return out;
}

Result<std::vector<plan::ObservedContainer>> list_observed(const engine::Client& client, const std::string& project,
                                                           std::stop_token stop) {
  const auto list = engine::list_containers(client, {equals(plan::label::project, project)}, std::move(stop));
  if (!list) return std::unexpected(list.error());
  std::vector<plan::ObservedContainer> containers;
  std::ranges::transform(*list, std::back_inserter(containers), observed_container);
  return containers;
}

Result<plan::ObservedState> observe(const engine::Client& client, const project::Project& project,
                                    std::stop_token stop) {
  plan::ObservedState observed;
  observed.entropy = random_text();
  constexpr std::array looks{observe_containers, observe_networks, observe_volumes, observe_images};
  std::array<Result<void>, looks.size()> results;
  // All at once: each fills members of its own, over a connection of its own.
  const auto look = [&](std::size_t i) {
    results[i] = guarded([&] { return looks[i](client, project, observed, stop); });
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < looks.size(); ++i) threads.emplace_back([&look, i] { look(i); });
    look(0);
  }
  for (auto& result : results) {
    if (!result) return std::unexpected(std::move(result.error()));
  }
  if (auto known = observe_endpoints(client, observed, stop); !known) return std::unexpected(std::move(known.error()));
  if (auto known = observe_configurations(client, project, observed, stop); !known)
    return std::unexpected(std::move(known.error()));
  return observed;
}

}  // namespace saasctl::execute
