#include "project/model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/digest.hpp"

namespace saasctl::project {
namespace {

Json grants_model(const std::vector<Grant>& grants, const std::map<std::string, std::string>& digests) {
  Json out = Json::array();
  for (const auto& grant : grants) {
    const auto digest = digests.find(grant.key);
    out.push_back({{"source", grant.key},
                   {"target", grant.target},
                   {"uid", grant.uid},
                   {"gid", grant.gid},
                   {"mode", fmt::format("{:04o}", grant.mode)},
                   {"digest", digest == digests.end() ? "" : digest->second}});
  }
  return out;
}

// The name at the engine of a network or volume of the project.
template <typename T>
std::string engine_name(const std::vector<T>& all, const std::string& key) {
  const auto found = std::ranges::find(all, key, &T::key);
  return found == all.end() ? key : found->name;
}

// What a mount is without being told, so that saying it makes no new container.
void forget_defaults(stack::Mount& mount) {
  mount.consistency.reset();
  if (mount.read_only == false) mount.read_only.reset();
  if (mount.volume && mount.volume->labels.empty() && !mount.volume->nocopy && !mount.volume->subpath)
    mount.volume.reset();
  if (!mount.bind) return;
  if (mount.bind->create_host_path == true) mount.bind->create_host_path.reset();
  const auto& bind = *mount.bind;
  if (!bind.propagation && !bind.create_host_path && !bind.recursive && !bind.selinux) mount.bind.reset();
}

// What has no part in the container itself.
void forget_surroundings(stack::Service& spec) {
  spec.build.reset();
  spec.use_template.reset();
  spec.with = {};
  spec.ready.reset();
  spec.depends_on = {};
  spec.env_file.clear();
  spec.secrets.clear();
  spec.configs.clear();
  spec.pull_policy.reset();
  spec.scale.reset();
  spec.profiles.clear();
  spec.post_start.clear();
  spec.pre_stop.clear();
  spec.develop.reset();
  spec.pull_refresh_after.reset();
  spec.label_file.clear();
  spec.attach.reset();
  for (auto& port : spec.ports) port.name = port.app_protocol = port.mode = std::nullopt;
  for (auto& mount : spec.volumes) forget_defaults(mount);
  if (!spec.deploy) return;
  stack::Deploy deploy;
  deploy.resources = std::move(spec.deploy->resources);
  deploy.restart_policy = std::move(spec.deploy->restart_policy);
  spec.deploy.reset();
  if (deploy.resources || deploy.restart_policy) spec.deploy = std::move(deploy);
}

}  // namespace

Json container_model(const Project& project, const Service& service, const ContentDigests& digests) {
  auto spec = service.spec;
  forget_surroundings(spec);
  spec.pre_start.clear();
  spec.image = service.image;
  spec.container_name = service.container_name;
  for (auto& use : spec.networks) use.name = engine_name(project.networks, use.name);
  for (auto& mount : spec.volumes) {
    if (mount.type == "volume" && mount.source) mount.source = engine_name(project.volumes, *mount.source);
  }
  auto model = stack::service_record().write(spec, declare::Style::canonical);
  if (!service.secrets.empty()) model["secrets"] = grants_model(service.secrets, digests.secrets);
  if (!service.configs.empty()) model["configs"] = grants_model(service.configs, digests.configs);
  for (const auto& step : service.pre_start) model["pre_start"].push_back(container_model(project, step, digests));
  return model;
}

std::string model_text(const Json& model) {
  return model.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string model_hash(const Json& model) {
  return sha256_hex(model_text(model));
}

std::string content_digest(std::string_view key, std::string_view content) {
  std::string text = "saasctl content\n";
  text.append(key).append("\n").append(content);
  return sha256_hex(text);
}

}  // namespace saasctl::project
