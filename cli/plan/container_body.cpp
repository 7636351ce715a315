#include "plan/container_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plan/labels.hpp"
#include "project/model.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

std::string folder_of(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

Json pairs_object(const stack::Pairs& pairs) {
  Json out = Json::object();
  for (const auto& entry : pairs) out[entry.name] = entry.value.value_or("");
  return out;
}

// "3000-3001/udp" as "3000/udp" and "3001/udp"; the text has been checked by its reader.
std::vector<std::string> exposed_ports(const std::string& text) {
  const auto slash = std::min(text.find('/'), text.size());
  const auto protocol = slash == text.size() ? std::string("/tcp") : text.substr(slash);
  const auto range = split(text.substr(0, slash), '-');
  const auto first = parse_integer(range.front()), last = parse_integer(range.back());
  std::vector<std::string> ports;
  for (auto port = first.value_or(1); port <= last.value_or(0); ++port)
    ports.push_back(std::to_string(port) + protocol);
  return ports;
}

class Body {
 public:
  Body(const project::Project& project, const project::Service& service, const std::vector<SecretVolume>& secrets)
      : project_(project), service_(service), spec_(service.spec), secrets_(secrets) {}

  ContainerBody make() {
    config();
    labels();
    ports();
    resources();
    security();
    storage();
    auto connect = networks();
    body_["HostConfig"] = std::move(host_);
    return {std::move(body_), std::move(connect)};
  }

 private:
  void config() {
    body_["Image"] = service_.image;
    if (spec_.command) body_["Cmd"] = *spec_.command;
    if (spec_.entrypoint) body_["Entrypoint"] = *spec_.entrypoint;
    if (spec_.user) body_["User"] = *spec_.user;
    if (spec_.working_dir) body_["WorkingDir"] = *spec_.working_dir;
    if (spec_.hostname) body_["Hostname"] = *spec_.hostname;
    if (spec_.tty) body_["Tty"] = *spec_.tty;
    if (spec_.stdin_open) body_["OpenStdin"] = *spec_.stdin_open;
    if (spec_.stop_signal) body_["StopSignal"] = *spec_.stop_signal;
    if (spec_.stop_grace_period)
      body_["StopTimeout"] = std::chrono::ceil<std::chrono::seconds>(spec_.stop_grace_period->value).count();
    Json environment = Json::array();
    for (const auto& entry : spec_.environment) environment.push_back(entry.name + "=" + entry.value.value_or(""));
    if (!environment.empty()) body_["Env"] = std::move(environment);
    if (spec_.healthcheck) body_["Healthcheck"] = healthcheck(*spec_.healthcheck);
  }

  static Json healthcheck(const stack::Healthcheck& check) {
    if (check.disable.value_or(false)) return {{"Test", {"NONE"}}};
    Json out = Json::object();
    if (!check.test.empty()) out["Test"] = check.test;
    if (check.interval) out["Interval"] = check.interval->value.count();
    if (check.timeout) out["Timeout"] = check.timeout->value.count();
    if (check.start_period) out["StartPeriod"] = check.start_period->value.count();
    if (check.start_interval) out["StartInterval"] = check.start_interval->value.count();
    if (check.retries) out["Retries"] = check.retries->value;
    return out;
  }

  void labels() {
    std::vector<std::string> depends;
    for (const auto& dependency : service_.dependencies) {
      depends.push_back(fmt::format("{}:{}:{}", dependency.service, dependency.condition, dependency.restart));
    }
    auto out = pairs_object(spec_.labels);
    const auto set = [&](std::string_view key, std::string value) { out[std::string(key)] = std::move(value); };
    set(label::project, project_.name);
    set(label::service, service_.name);
    set(label::one_off, "False");
    set(label::config_hash, service_.hash);
    set(label::container_number, "1");
    set(label::working_dir, project_.folder.string());
    set(label::config_files, project_.file.string());
    set(label::depends_on, join(depends, ","));
    set(label::model, project::model_text(service_.model));
    body_["Labels"] = std::move(out);
  }

  void ports() {
    Json exposed = Json::object(), bindings = Json::object();
    for (const auto& entry : spec_.expose) {
      for (const auto& port : exposed_ports(entry)) exposed[port] = Json::object();
    }
    for (const auto& port : spec_.ports) {
      const auto key = port.target.text + "/" + port.protocol;
      exposed[key] = Json::object();
      bindings[key].push_back({{"HostIp", port.host_ip.value_or("")}, {"HostPort", port.published.text}});
    }
    if (!exposed.empty()) body_["ExposedPorts"] = std::move(exposed);
    if (!bindings.empty()) host_["PortBindings"] = std::move(bindings);
  }

  void resources() {
    if (spec_.deploy && spec_.deploy->resources) {
      const auto& resources = *spec_.deploy->resources;
      if (resources.limits) {
        if (resources.limits->cpus) host_["NanoCpus"] = std::llround(resources.limits->cpus->value * 1e9);
        if (resources.limits->memory) host_["Memory"] = resources.limits->memory->value;
        if (resources.limits->pids) host_["PidsLimit"] = resources.limits->pids->value;
      }
      if (resources.reservations && resources.reservations->memory) {
        host_["MemoryReservation"] = resources.reservations->memory->value;
      }
    }
    if (spec_.shm_size) host_["ShmSize"] = spec_.shm_size->value;
    Json ulimits = Json::array();
    for (const auto& [name, at, limit] : spec_.ulimits) {
      ulimits.push_back({{"Name", name}, {"Soft", limit.soft.value}, {"Hard", limit.hard.value}});
    }
    if (!ulimits.empty()) host_["Ulimits"] = std::move(ulimits);
    const auto restart = spec_.restart.value_or("no");
    const auto colon = restart.find(':');
    Json policy = {{"Name", restart.substr(0, colon)}};
    if (colon != std::string::npos) policy["MaximumRetryCount"] = parse_integer(restart.substr(colon + 1)).value_or(0);
    host_["RestartPolicy"] = std::move(policy);
    if (spec_.logging) {
      Json config = {{"Type", spec_.logging->driver.value_or("json-file")}};
      if (!spec_.logging->options.empty()) config["Config"] = pairs_object(spec_.logging->options);
      host_["LogConfig"] = std::move(config);
    }
  }

  void security() {
    if (spec_.read_only) host_["ReadonlyRootfs"] = *spec_.read_only;
    if (spec_.privileged) host_["Privileged"] = *spec_.privileged;
    if (spec_.init) host_["Init"] = *spec_.init;
    if (!spec_.cap_add.empty()) host_["CapAdd"] = spec_.cap_add;
    if (!spec_.cap_drop.empty()) host_["CapDrop"] = spec_.cap_drop;
    if (!spec_.security_opt.empty()) host_["SecurityOpt"] = spec_.security_opt;
    if (!spec_.group_add.empty()) host_["GroupAdd"] = spec_.group_add;
    if (!spec_.sysctls.empty()) host_["Sysctls"] = pairs_object(spec_.sysctls);
    if (!spec_.dns.empty()) host_["Dns"] = spec_.dns;
    if (!spec_.extra_hosts.empty()) host_["ExtraHosts"] = spec_.extra_hosts;
  }

  void storage() {
    Json mounts = Json::array(), binds = Json::array(), tmpfs = Json::object();
    for (const auto& mount : spec_.volumes) {
      const bool read_only = mount.read_only.value_or(false);
      if (mount.type == "bind") {  // as a bind the engine makes a missing folder, which Compose users rely on
        binds.push_back(mount.source.value_or("") + ":" + mount.target + (read_only ? ":ro" : ""));
      } else if (mount.type == "tmpfs") {
        tmpfs[mount.target] = "";
      } else {
        Json entry = {{"Type", "volume"}, {"Target", mount.target}, {"ReadOnly", read_only}};
        if (mount.source) entry["Source"] = volume_name(*mount.source);
        mounts.push_back(std::move(entry));
      }
    }
    for (const auto& secret : secrets_) {
      mounts.push_back({{"Type", "volume"},
                        {"Source", secret.name},
                        {"Target", secret.folder},
                        {"ReadOnly", true},
                        {"VolumeOptions", {{"NoCopy", true}}}});
    }
    for (const auto& grant : service_.configs) {
      const auto found = std::ranges::find(project_.configs, grant.key, &project::Content::key);
      if (found != project_.configs.end() && found->file)
        binds.push_back(found->file->string() + ":" + grant.target + ":ro");
    }
    for (const auto& path : spec_.tmpfs) {
      const auto colon = path.find(':');
      tmpfs[path.substr(0, colon)] = colon == std::string::npos ? "" : path.substr(colon + 1);
    }
    if (!mounts.empty()) host_["Mounts"] = std::move(mounts);
    if (!binds.empty()) host_["Binds"] = std::move(binds);
    if (!tmpfs.empty()) host_["Tmpfs"] = std::move(tmpfs);
  }

  std::string volume_name(const std::string& key) const {
    const auto found = std::ranges::find(project_.volumes, key, &project::Volume::key);
    return found == project_.volumes.end() ? key : found->name;
  }

  // The first network belongs to the creation, the others are joined before the start.
  std::vector<std::pair<std::string, Json>> networks() {
    std::vector<std::pair<std::string, Json>> endpoints;
    for (const auto& [key, at, use] : spec_.networks) {
      const auto found = std::ranges::find(project_.networks, key, &project::Network::key);
      if (found == project_.networks.end()) continue;
      std::vector<std::string> aliases{service_.container_name, service_.name};
      aliases.insert(aliases.end(), use.aliases.begin(), use.aliases.end());
      Json endpoint = {{"Aliases", aliases}};
      if (use.ipv4_address) endpoint["IPAMConfig"] = {{"IPv4Address", *use.ipv4_address}};
      endpoints.emplace_back(found->name, std::move(endpoint));
    }
    if (endpoints.empty()) return {};
    host_["NetworkMode"] = endpoints.front().first;
    body_["NetworkingConfig"] = {{"EndpointsConfig", {{endpoints.front().first, endpoints.front().second}}}};
    endpoints.erase(endpoints.begin());
    return endpoints;
  }

  const project::Project& project_;
  const project::Service& service_;
  const stack::Service& spec_;
  const std::vector<SecretVolume>& secrets_;
  Json body_ = Json::object();
  Json host_ = Json::object();
};

// The owner of a secret's file: what the user said, else the user of the process as far as it is a number. A process
// whose user is only known by name reads a file that everyone in its container may read.
project::Grant owned(project::Grant grant, const project::Service& service, const ObservedImage& image) {
  const auto user = service.spec.user.value_or(image.user);
  const auto colon = user.find(':');
  const auto uid = user.substr(0, colon);
  if (grant.uid.empty()) grant.uid = user.empty() ? "0" : uid;
  if (grant.gid.empty()) grant.gid = colon == std::string::npos ? grant.uid : user.substr(colon + 1);
  const bool numeric = parse_integer(grant.uid) && parse_integer(grant.gid);
  if (!numeric) grant.uid = grant.gid = "0", grant.mode |= 0444U;
  return grant;
}

}  // namespace

std::vector<SecretVolume> secret_volumes(const project::Project& project, const project::Service& service,
                                         const ObservedImage& image) {
  std::vector<SecretVolume> volumes;
  for (const auto& grant : service.secrets) {
    const auto folder = folder_of(grant.target);
    auto found = std::ranges::find(volumes, folder, &SecretVolume::folder);
    if (found == volumes.end()) found = volumes.insert(volumes.end(), {"", folder, {}});
    found->files.push_back(owned(grant, service, image));
  }
  for (auto& volume : volumes) {
    std::string content = volume.folder + project::model_text(service.model.value("secrets", Json::array()));
    for (const auto& file : volume.files)
      content += fmt::format("\n{} {}:{} {:o}", file.target, file.uid, file.gid, file.mode);
    volume.name =
        fmt::format("{}_{}-secrets-{}", project.name, service.name, project::content_digest(volume.folder, content));
  }
  return volumes;
}

ContainerBody container_body(const project::Project& project, const project::Service& service,
                             const std::vector<SecretVolume>& secrets) {
  return Body(project, service, secrets).make();
}

}  // namespace saasctl::plan
