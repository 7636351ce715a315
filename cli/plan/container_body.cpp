#include "plan/container_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_set>

#include "declare/declare.hpp"
#include "plan/container_mounts.hpp"
#include "plan/container_resources.hpp"
#include "plan/labels.hpp"
#include "plan/record.hpp"
#include "plan/resource_body.hpp"
#include "project/model.hpp"
#include "stack/implied.hpp"
#include "util/digest.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

std::string folder_of(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

Json pairs_object(const declare::Pairs& pairs) {
  Json out = Json::object();
  std::unordered_set<std::string_view> known;
  for (const auto& entry : pairs) {
    if (known.insert(entry.name).second) {
      declare::append_member(out, entry.name, entry.value.value_or(""));
    } else {
      out[entry.name] = entry.value.value_or("");
    }
  }
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
  Body(const project::Project& project, const project::Service& service, const std::vector<SecretVolume>& secrets,
       const std::string& salt)
      : project_(project), service_(service), spec_(service.spec), secrets_(secrets), salt_(salt) {}

  ContainerBody make() {
    config();
    labels();
    ports();
    add_resources(spec_, host_);
    security();
    name_spaces();
    add_mounts(project_, service_, secrets_, host_);
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
    if (spec_.domainname) body_["Domainname"] = *spec_.domainname;
    if (spec_.hostname) body_["Hostname"] = *spec_.hostname;
    if (spec_.tty) body_["Tty"] = *spec_.tty;
    if (spec_.stdin_open) body_["OpenStdin"] = *spec_.stdin_open;
    if (spec_.stop_signal) body_["StopSignal"] = *spec_.stop_signal;
    if (spec_.stop_grace_period)
      body_["StopTimeout"] = std::chrono::ceil<std::chrono::seconds>(spec_.stop_grace_period->value).count();
    auto environment = variables_of(spec_.environment);
    for (const auto& [name, value] : project_.proxies) {
      if (!spec_.environment.find(name)) environment.push_back(name + "=" + value);
    }
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
    set(label::working_dir, project_.folder.string());
    set(label::config_files, project_.file.string());
    if (service_.step) {
      set(label::one_off, "True");
      set(label::hook, "pre_start");
      set(label::hook_index, std::to_string(*service_.step));
      body_["Labels"] = std::move(out);
      return;
    }
    set(label::one_off, "False");
    auto record = write_record(project_, service_.model, salt_);
    set(label::config_hash, sha256_hex(record));
    set(label::container_number, "1");
    set(label::depends_on, join(depends, ","));
    set(label::model, std::move(record));
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

  void security() {
    if (spec_.read_only) host_["ReadonlyRootfs"] = *spec_.read_only;
    if (spec_.privileged) host_["Privileged"] = *spec_.privileged;
    if (spec_.init) host_["Init"] = *spec_.init;
    if (!spec_.cap_add.empty()) host_["CapAdd"] = spec_.cap_add;
    if (!spec_.cap_drop.empty()) host_["CapDrop"] = spec_.cap_drop;
    security_options();
    if (!spec_.group_add.empty()) host_["GroupAdd"] = spec_.group_add;
    if (!spec_.sysctls.empty()) host_["Sysctls"] = pairs_object(spec_.sysctls);
    if (!spec_.dns.empty()) host_["Dns"] = spec_.dns;
    if (!spec_.dns_search.empty()) host_["DnsSearch"] = spec_.dns_search;
    if (!spec_.dns_opt.empty()) host_["DnsOptions"] = spec_.dns_opt;
    if (!spec_.extra_hosts.empty()) host_["ExtraHosts"] = spec_.extra_hosts;
    if (!spec_.annotations.empty()) host_["Annotations"] = pairs_object(spec_.annotations);
  }

  // The engine knows no systempaths; as in docker run, it means that no path is masked.
  void security_options() {
    Json options = Json::array();
    for (const auto& option : spec_.security_opt) {
      if (option == "systempaths=unconfined") {
        host_["MaskedPaths"] = host_["ReadonlyPaths"] = Json::array();
      } else {
        options.push_back(option);
      }
    }
    if (!options.empty()) host_["SecurityOpt"] = std::move(options);
  }

  // "service:NAME" as the engine has it: the container of that name.
  std::string engine_mode(const std::string& mode) const {
    const auto name = stack::service_of(mode);
    const auto* service = project_.find(name);
    return service ? "container:" + service->container_name : mode;
  }

  void name_spaces() {
    const auto set = [&](const char* key, const std::optional<std::string>& mode) {
      if (mode) host_[key] = engine_mode(*mode);
    };
    set("NetworkMode", spec_.network_mode);
    set("IpcMode", spec_.ipc);
    set("PidMode", spec_.pid);
    set("UTSMode", spec_.uts);
    set("UsernsMode", spec_.userns_mode);
    set("CgroupnsMode", spec_.cgroup);
    set("CgroupParent", spec_.cgroup_parent);
    set("Runtime", spec_.runtime);
    set("Isolation", spec_.isolation);
  }

  // "service[:alias]" as "container:alias".
  std::vector<std::string> links() const {
    std::vector<std::string> out;
    for (const auto& link : spec_.links) {
      const auto colon = link.find(':');
      const auto name = link.substr(0, colon);
      const auto* service = project_.find(name);
      if (service)
        out.push_back(service->container_name + ":" + (colon == std::string::npos ? name : link.substr(colon + 1)));
    }
    for (const auto& link : spec_.external_links)
      out.push_back(link.find(':') == std::string::npos ? link + ":" + link : link);
    return out;
  }

  Json endpoint(const stack::NetworkUse& use) const {
    std::vector<std::string> aliases{service_.container_name, service_.name};
    aliases.insert(aliases.end(), use.aliases.begin(), use.aliases.end());
    Json out = {{"Aliases", aliases}};
    Json addresses = Json::object();
    if (use.ipv4_address) addresses["IPv4Address"] = *use.ipv4_address;
    if (use.ipv6_address) addresses["IPv6Address"] = *use.ipv6_address;
    if (!use.link_local_ips.empty()) addresses["LinkLocalIPs"] = use.link_local_ips;
    if (!addresses.empty()) out["IPAMConfig"] = std::move(addresses);
    if (use.mac_address) out["MacAddress"] = *use.mac_address;
    auto options = pairs_object(use.driver_opts);
    if (use.interface_name) options["com.docker.network.endpoint.ifname"] = *use.interface_name;
    if (!options.empty()) out["DriverOpts"] = std::move(options);
    if (use.gw_priority) out["GwPriority"] = std::llround(use.gw_priority->value);
    if (auto names = links(); !names.empty()) out["Links"] = std::move(names);
    return out;
  }

  // The first network, that of the highest priority, belongs to the creation, the others are joined before the start.
  std::vector<std::pair<std::string, Json>> networks() {
    auto uses = spec_.networks.entries;
    std::ranges::stable_sort(uses, std::greater{},
                             [](const auto& use) { return use.value.priority ? use.value.priority->value : 0; });
    std::vector<std::pair<std::string, Json>> endpoints;
    for (const auto& [key, at, use] : uses) {
      const auto found = std::ranges::find(project_.networks, key, &project::Network::key);
      if (found != project_.networks.end()) endpoints.emplace_back(found->name, endpoint(use));
    }
    mac_address(endpoints);
    if (endpoints.empty()) {
      if (auto names = links(); !names.empty()) host_["Links"] = std::move(names);
      return {};
    }
    host_["NetworkMode"] = endpoints.front().first;
    body_["NetworkingConfig"] = {{"EndpointsConfig", {{endpoints.front().first, endpoints.front().second}}}};
    endpoints.erase(endpoints.begin());
    return endpoints;
  }

  // Engines before 25 read the address of the container, later ones that of its endpoint.
  void mac_address(std::vector<std::pair<std::string, Json>>& endpoints) {
    if (spec_.mac_address) {
      body_["MacAddress"] = *spec_.mac_address;
      if (!endpoints.empty() && !endpoints.front().second.contains("MacAddress"))
        endpoints.front().second["MacAddress"] = *spec_.mac_address;
    } else if (!endpoints.empty() && endpoints.front().second.contains("MacAddress")) {
      body_["MacAddress"] = endpoints.front().second["MacAddress"];
    }
  }

  const project::Project& project_;
  const project::Service& service_;
  const stack::Service& spec_;
  const std::vector<SecretVolume>& secrets_;
  const std::string& salt_;
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
  if (grant.gid.empty()) grant.gid = colon == std::string::npos ? uid : user.substr(colon + 1);
  if (!parse_integer(grant.gid)) grant.gid = "0";
  if (!parse_integer(grant.uid)) grant.uid = "0", grant.mode |= 0444U;
  return grant;
}

std::string digest_under(const std::string& salt, const std::string& content) {
  return salt + ":" + hmac_sha256_hex(salt, content);
}

// A container that only carried the secrets into a volume. All others are created when their volumes are complete.
bool is_helper(const ObservedContainer& container) {
  return container.one_off && container.model.empty() && container.name.ends_with("-secrets");
}

// The existing volume with this content, or a new one.
void choose(SecretVolume& volume, const std::string& head, const std::string& content, const ObservedState& observed) {
  for (const auto& [name, digest] : observed.secret_digests) {
    if (!name.starts_with(head) || digest != digest_under(digest.substr(0, digest.find(':')), content)) continue;
    volume.name = name;
    volume.digest = digest;
    volume.filled = std::ranges::any_of(observed.containers, [&](const ObservedContainer& container) {
      return !is_helper(container) && std::ranges::find(container.volumes, name) != container.volumes.end();
    });
    return;
  }
  constexpr std::size_t name_digits = 12;
  const auto salt = salt_for(observed.entropy, head + volume.folder);
  volume.name = head + salt.substr(0, name_digits);
  volume.digest = digest_under(salt, content);
}

}  // namespace

std::vector<SecretVolume> secret_volumes(const project::Project& project, const project::Service& service,
                                         const ObservedImage& image, const ObservedState& observed) {
  std::vector<SecretVolume> volumes;
  for (const auto& grant : service.secrets) {
    if (grant.copied) continue;
    // A mount inside of the other, which is read-only, would have no place.
    const auto folder = grant.target.starts_with("/run/secrets/") ? "/run/secrets" : folder_of(grant.target);
    auto found = std::ranges::find(volumes, folder, &SecretVolume::folder);
    if (found == volumes.end()) found = volumes.insert(volumes.end(), {"", folder, {}});
    found->files.push_back(owned(grant, service, image));
  }
  for (auto& volume : volumes) {
    std::string content = fmt::format("{} {}\n", service.name, volume.folder) +
                          project::model_text(service.model.value("secrets", Json::array()));
    for (const auto& file : volume.files)
      content += fmt::format("\n{} {}:{} {:o}", file.target, file.uid, file.gid, file.mode);
    const auto owner = service.step ? fmt::format("{}-pre_start-{}", service.name, *service.step) : service.name;
    choose(volume, fmt::format("{}_{}-secrets-", project.name, owner), content, observed);
  }
  return volumes;
}

std::vector<project::Grant> copied_files(const project::Service& service, const ObservedImage& image) {
  std::vector<project::Grant> files;
  for (const auto* grants : {&service.configs, &service.secrets}) {
    for (const auto& grant : *grants) {
      if (grant.copied) files.push_back(owned(grant, service, image));
    }
  }
  return files;
}

ContainerBody container_body(const project::Project& project, const project::Service& service,
                             const std::vector<SecretVolume>& secrets, const std::string& salt) {
  return Body(project, service, secrets, salt).make();
}

}  // namespace saasctl::plan
