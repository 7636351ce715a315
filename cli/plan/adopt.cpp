#include "plan/adopt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "plan/container_body.hpp"
#include "plan/instance_body.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

// Engine fields by the keys that set them; others are named as the engine does.
constexpr std::array<std::pair<std::string_view, std::string_view>, 55> keys{{
    {"Cmd", "command"},
    {"Entrypoint", "entrypoint"},
    {"User", "user"},
    {"WorkingDir", "working_dir"},
    {"Hostname", "hostname"},
    {"Domainname", "domainname"},
    {"Tty", "tty"},
    {"OpenStdin", "stdin_open"},
    {"StopSignal", "stop_signal"},
    {"StopTimeout", "stop_grace_period"},
    {"Healthcheck", "healthcheck"},
    {"Memory", "deploy.resources.limits.memory"},
    {"NanoCpus", "deploy.resources.limits.cpus"},
    {"PidsLimit", "deploy.resources.limits.pids"},
    {"MemoryReservation", "deploy.resources.reservations.memory"},
    {"ShmSize", "shm_size"},
    {"Ulimits", "ulimits"},
    {"RestartPolicy", "restart"},
    {"LogConfig", "logging"},
    {"ReadonlyRootfs", "read_only"},
    {"Privileged", "privileged"},
    {"Init", "init"},
    {"CapAdd", "cap_add"},
    {"CapDrop", "cap_drop"},
    {"SecurityOpt", "security_opt"},
    {"GroupAdd", "group_add"},
    {"Sysctls", "sysctls"},
    {"Dns", "dns"},
    {"ExtraHosts", "extra_hosts"},
    {"Devices", "devices"},
    {"NetworkMode", "network_mode"},
    {"MemorySwap", "memswap_limit"},
    {"MemorySwappiness", "mem_swappiness"},
    {"OomKillDisable", "oom_kill_disable"},
    {"OomScoreAdj", "oom_score_adj"},
    {"CpuShares", "cpu_shares"},
    {"CpuPeriod", "cpu_period"},
    {"CpuQuota", "cpu_quota"},
    {"CpuRealtimePeriod", "cpu_rt_period"},
    {"CpuRealtimeRuntime", "cpu_rt_runtime"},
    {"CpusetCpus", "cpuset"},
    {"BlkioWeight", "blkio_config.weight"},
    {"DeviceCgroupRules", "device_cgroup_rules"},
    {"DeviceRequests", "gpus"},
    {"DnsSearch", "dns_search"},
    {"DnsOptions", "dns_opt"},
    {"StorageOpt", "storage_opt"},
    {"Runtime", "runtime"},
    {"CgroupParent", "cgroup_parent"},
    {"CgroupnsMode", "cgroup"},
    {"IpcMode", "ipc"},
    {"PidMode", "pid"},
    {"UTSMode", "uts"},
    {"UsernsMode", "userns_mode"},
    {"VolumesFrom", "volumes_from"},
}};

// Set by every engine in its own way when nobody asks, or compared elsewhere.
const std::set<std::string, std::less<>> left_out{
    "Binds",        "Mounts",      "Tmpfs",           "PortBindings",  "ConsoleSize",     "Runtime",
    "CgroupnsMode", "MaskedPaths", "Isolation",       "ReadonlyPaths", "CgroupParent",    "UsernsMode",
    "MemorySwap",   "NetworkMode", "ContainerIDFile", "LogConfig",     "MemorySwappiness"};

std::string path_of(const std::string& field) {
  const auto found =
      std::ranges::find(keys, std::string_view(field), &std::pair<std::string_view, std::string_view>::first);
  return found == keys.end() ? field : std::string(found->second);
}

bool is_empty(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number()) return value == 0;
  if (value.is_string()) return value.get_ref<const std::string&>().empty();  // empty() of a string is false
  return value.is_structured() && value.empty();
}

const Json& member(const Json& object, const std::string& key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

// Objects without their empty members, so that what is not said equals what says nothing.
Json dense(const Json& value) {
  if (value.is_object()) {
    Json out = Json::object();
    std::map<std::string, Json> sorted;
    for (const auto& [key, inner] : value.items()) {
      if (auto kept = dense(inner); !is_empty(kept)) sorted[key] = std::move(kept);
    }
    for (auto& [key, inner] : sorted) out[key] = std::move(inner);
    return out;
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const auto& inner : value) out.push_back(dense(inner));
    return out;
  }
  return value;
}

Json normal(const std::string& field, const Json& value) {
  if (field == "RestartPolicy" && member(value, "Name") == "no") return {};
  if (field == "ShmSize" && value == 64 << 20) return {};
  if (field == "PidsLimit" && value == -1) return {};
  // What engines write for a name space of the container's own.
  const bool is_own = value == "private" || (field == "IpcMode" && value == "shareable");
  if ((field == "IpcMode" || field == "PidMode" || field == "UTSMode") && is_own) return {};
  // Sets: docker compose writes some of them in another order each time.
  if (field == "ExtraHosts" || field == "SecurityOpt" || field == "GroupAdd") {
    std::set<std::string> items;
    for (const auto& item : value) items.insert(item.get<std::string>());
    return items.empty() ? Json() : Json(items);
  }
  if (field == "Ulimits") {
    std::map<std::string, Json> by_name;
    for (const auto& limit : value) by_name[limit.value("Name", std::string())] = dense(limit);
    return by_name.empty() ? Json() : Json(by_name);
  }
  if ((field == "CapAdd" || field == "CapDrop") && value.is_array()) {
    std::set<std::string> names;
    for (const auto& name : value) {
      auto text = to_lower(name.get<std::string>());
      names.insert(text.starts_with("cap_") ? text.substr(4) : text);
    }
    return names;
  }
  auto out = dense(value);
  return is_empty(out) ? Json() : out;
}

// The engine's number as a stack file would have it.
Json as_written(const std::string& field, const Json& value) {
  const auto seconds = [](const Json& number) { return fmt::format("{}s", number.get<double>() / 1e9); };
  if (value.is_number_integer() && (field.starts_with("Memory") || field == "ShmSize")) {
    const auto bytes = value.get<std::int64_t>();
    if (bytes > 0 && bytes % (1 << 20) == 0) return fmt::format("{}M", bytes >> 20);
  }
  if (value.is_number_integer() && field == "NanoCpus") return fmt::format("{}", value.get<double>() / 1e9);
  if (value.is_number_integer() && field == "StopTimeout") return fmt::format("{}s", value.get<std::int64_t>());
  if (field != "Healthcheck" && field != "LogConfig") return value;
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [key, inner] : value.items()) {
    const auto name = key == "StartPeriod"     ? "start_period"
                      : key == "StartInterval" ? "start_interval"
                      : key == "Config"        ? "options"
                      : key == "Type"          ? "driver"
                                               : to_lower(key);
    out[name] = inner.is_number_integer() && key != "Retries" ? Json(seconds(inner)) : inner;
  }
  return out;
}

// A tmpfs's options in one order, sizes in bytes.
std::set<std::string> tmpfs_options(const std::string& text) {
  std::set<std::string> options;
  for (const auto& word : split(text, ',')) {
    const auto size = word.starts_with("size=")
                          ? parse_integer(word.substr(5, word.find_first_not_of("0123456789", 5) - 5))
                          : std::nullopt;
    if (!size) {
      if (!word.empty()) options.insert(word);
      continue;
    }
    const auto unit = to_lower(word.substr(5 + std::to_string(*size).size()));
    const int shift = unit == "k" ? 10 : unit == "m" ? 20 : unit == "g" ? 30 : 0;
    options.insert(fmt::format("size={}", *size << shift));
  }
  return options;
}

// Target → options of what lies in memory, asked for in either way.
std::map<std::string, std::set<std::string>> tmpfs_of(const Json& host) {
  std::map<std::string, std::set<std::string>> out;
  for (const auto& [target, options] : member(host, "Tmpfs").items())
    out[target] = tmpfs_options(options.get<std::string>());
  for (const auto& mount : member(host, "Mounts")) {
    if (mount.value("Type", std::string()) != "tmpfs") continue;
    auto& options = out[mount.value("Target", std::string())];
    const auto& asked = member(mount, "TmpfsOptions");
    if (mount.value("ReadOnly", false)) options.insert("ro");
    if (const auto& size = member(asked, "SizeBytes"); !is_empty(size))
      options.insert(fmt::format("size={}", size.get<std::int64_t>()));
    if (const auto& mode = member(asked, "Mode"); !is_empty(mode))
      options.insert(fmt::format("mode={:o}", mode.get<unsigned>()));
  }
  return out;
}

std::map<std::string, std::string> environment_of(const Json& list) {
  std::map<std::string, std::string> out;
  if (!list.is_array()) return out;
  for (const auto& entry : list) {
    const auto text = entry.get<std::string>();
    const auto equals = text.find('=');
    out[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
  }
  return out;
}

struct Place {
  std::string type;
  std::string source;  // empty: any
  bool read_only = false;
};

class Comparison {
 public:
  Comparison(const ContainerBody& wanted, const std::string& name, const Json& actual, const Json& image)
      : wanted_(wanted), body_(wanted.body), name_(name), actual_(actual), image_(image) {}

  std::vector<Change> make() {
    const auto& called = member(actual_, "Name");  // with a slash before it
    differ("container_name", called.is_string() ? Json(called.get<std::string>().substr(1)) : Json(), Json(name_));
    config();
    environment();
    labels();
    host();
    mounts();
    ports();
    networks();
    return std::move(changes_);
  }

 private:
  void differ(const std::string& path, const Json& before, const Json& now) {
    if (before == now) return;
    if (before.is_null()) {
      compare("", Json::object(), {{path, now}}, changes_);
    } else if (now.is_null()) {
      compare("", {{path, before}}, Json::object(), changes_);
    } else {
      compare(path, before, now, changes_);
    }
  }

  void field(const std::string& name, const Json& before, const Json& now) {
    differ(path_of(name), as_written(name, normal(name, before)), as_written(name, normal(name, now)));
  }

  void config() {
    const auto& config = member(actual_, "Config");
    for (const auto* name : {"User", "WorkingDir", "StopSignal", "Tty", "OpenStdin", "StopTimeout"}) {
      const auto& asked = member(body_, name);
      field(name, member(config, name), asked.is_null() ? member(image_, name) : asked);
    }
    field("Healthcheck", member(config, "Healthcheck"), healthcheck());
    field("Domainname", member(config, "Domainname"), member(body_, "Domainname"));
    hostname(member(config, "Hostname"));
    field("MacAddress", member(config, "MacAddress"), member(body_, "MacAddress"));
    differ("expose", exposed(config), exposed(body_));
    const bool own_entrypoint = body_.contains("Entrypoint");
    field("Entrypoint", member(config, "Entrypoint"),
          own_entrypoint ? body_["Entrypoint"] : member(image_, "Entrypoint"));
    // An entrypoint of one's own takes the image's command away.
    const auto command = body_.contains("Cmd") ? body_["Cmd"] : own_entrypoint ? Json() : member(image_, "Cmd");
    field("Cmd", member(config, "Cmd"), command);
  }

  // The engine fills in from the image what a healthcheck does not say.
  Json healthcheck() const {
    const auto& asked = member(body_, "Healthcheck");
    Json out = member(image_, "Healthcheck");
    if (!out.is_object()) return asked;
    for (const auto& [key, value] : asked.items()) {
      if (!is_empty(value)) out[key] = value;
    }
    return out;
  }

  // Without one of its own a container is called by the beginning of its id, or as whoever's network it lives in.
  void hostname(const Json& there) {
    const auto& asked = member(body_, "Hostname");
    const auto id = member(actual_, "Id").is_string() ? member(actual_, "Id").get<std::string>() : std::string();
    const auto& mode = member(member(actual_, "HostConfig"), "NetworkMode");
    const bool shares =
        mode == "host" || (mode.is_string() && mode.get_ref<const std::string&>().starts_with("container:"));
    if (!asked.is_null() || !(shares || there == id.substr(0, 12))) field("Hostname", there, asked);
  }

  Json exposed(const Json& config) const {
    std::set<std::string> ports;
    for (const auto& [port, nothing] : member(config, "ExposedPorts").items()) {
      if (!member(image_, "ExposedPorts").contains(port))
        ports.insert(port.find('/') == std::string::npos ? port + "/tcp" : port);
    }
    return ports;
  }

  void environment() {
    const auto before = environment_of(member(member(actual_, "Config"), "Env"));
    auto now = environment_of(member(image_, "Env"));
    for (auto& [name, value] : environment_of(member(body_, "Env"))) now[name] = value;
    differ("environment", before, now);
  }

  void labels() {
    const auto own = [](const Json& all, const Json& inherited) {
      Json out = Json::object();
      if (!all.is_object()) return out;
      for (const auto& [key, value] : all.items()) {
        const bool of_a_tool = key.starts_with("com.docker.compose.") || key.starts_with("saasctl.");
        if (!of_a_tool && member(inherited, key) != value) out[key] = value;
      }
      return dense(out);
    };
    const auto& inherited = member(image_, "Labels");
    differ("labels", own(member(member(actual_, "Config"), "Labels"), inherited),
           own(member(body_, "Labels"), inherited));
  }

  void host() {
    const auto& now = member(body_, "HostConfig");
    const auto& before = member(actual_, "HostConfig");
    std::set<std::string> names;
    for (const auto& [name, value] : now.items()) names.insert(name);
    for (const auto& [name, value] : before.items()) names.insert(name);
    for (const auto& name : names) {
      const bool asked = now.contains(name) && name != "NetworkMode" && name != "Binds" && name != "Mounts" &&
                         name != "Tmpfs" && name != "PortBindings";
      if (asked || !left_out.contains(name)) field(name, known(before, name), member(now, name));
    }
    if (!now.contains("LogConfig"))
      differ("logging.options", normal("", member(member(before, "LogConfig"), "Config")), Json());
    if (!now.contains("MemorySwap")) swap(before);
  }

  // With a name space of the host's the engine adds that it labels nothing.
  static Json known(const Json& host, const std::string& name) {
    const auto& value = member(host, name);
    const bool opened =
        member(host, "Privileged") == true || member(host, "PidMode") == "host" || member(host, "IpcMode") == "host";
    if (name != "SecurityOpt" || !opened || !value.is_array()) return value;
    Json rest = Json::array();
    for (const auto& option : value) {
      if (option != "label=disable") rest.push_back(option);
    }
    return rest;
  }

  // Where nobody asks it is twice the memory, or none.
  void swap(const Json& before) {
    const auto& there = member(before, "MemorySwap");
    const auto& memory = member(before, "Memory");
    if (!there.is_number_integer() || !memory.is_number_integer()) return;
    const auto bytes = there.get<std::int64_t>();
    if (bytes > 0 && bytes != 2 * memory.get<std::int64_t>()) field("MemorySwap", there, Json());
  }

  std::map<std::string, Place> wanted_mounts() const {
    std::map<std::string, Place> places;
    const auto& host = member(body_, "HostConfig");
    for (const auto& bind : member(host, "Binds")) {
      const auto parts = split(bind.get<std::string>(), ':');
      if (parts.size() < 2) continue;
      const bool read_only = parts.size() > 2 && parts[2].find("ro") != std::string::npos;
      places[parts[1]] = {parts[0].starts_with('/') ? "bind" : "volume", parts[0], read_only};
    }
    for (const auto& mount : member(host, "Mounts")) {
      const auto text = [&](const char* key) { return mount.value(key, std::string()); };
      places[text("Target")] = {text("Type"), text("Source"), mount.value("ReadOnly", false)};
    }
    return places;
  }

  void mounts() {
    const auto now = wanted_mounts();
    std::map<std::string, Place> before;
    for (const auto& mount : member(actual_, "Mounts")) {
      const auto type = mount.value("Type", std::string());
      const auto name = type == "volume" ? mount.value("Name", std::string()) : mount.value("Source", std::string());
      before[mount.value("Destination", std::string())] = {type, name, !mount.value("RW", true)};
    }
    for (const auto& [target, place] : now) {
      if (place.type == "tmpfs") continue;
      const auto found = before.find(target);
      const auto text = [](const Place& p) { return p.type + " " + p.source + (p.read_only ? " read-only" : ""); };
      if (found == before.end()) {
        changes_.push_back({"volumes." + target, std::nullopt, text(place)});
      } else if (const bool any = place.source.empty() && found->second.type == place.type;
                 !any && text(place) != text(found->second)) {
        changes_.push_back({"volumes." + target, text(found->second), text(place)});
      }
    }
    for (const auto& [target, place] : before) {
      const bool anonymous = place.type == "volume" && place.source.size() == 64;
      if (!now.contains(target) && !anonymous && place.type != "tmpfs")
        changes_.push_back({"volumes." + target, place.type + " " + place.source, std::nullopt});
    }
    differ("tmpfs", tmpfs_of(member(actual_, "HostConfig")), tmpfs_of(member(body_, "HostConfig")));
  }

  void ports() {
    const auto bindings = [](const Json& host) {
      std::set<std::string> out;
      for (const auto& [port, list] : member(host, "PortBindings").items()) {
        for (const auto& binding : list) {
          auto address = binding.value("HostIp", std::string());
          if (address == "0.0.0.0") address.clear();
          const auto published = binding.value("HostPort", std::string());
          out.insert(address + ":" + (published == "0" ? "" : published) + ":" + port);
        }
      }
      return Json(out);
    };
    differ("ports", bindings(member(actual_, "HostConfig")), bindings(member(body_, "HostConfig")));
  }

  void networks() {
    std::map<std::string, Json> now;
    for (const auto& [name, endpoint] : member(member(body_, "NetworkingConfig"), "EndpointsConfig").items())
      now[name] = endpoint;
    for (const auto& [name, endpoint] : wanted_.connect) now[name] = endpoint;
    const auto& before = member(member(actual_, "NetworkSettings"), "Networks");
    if (now.empty()) {
      field("NetworkMode", member(member(actual_, "HostConfig"), "NetworkMode"),
            member(member(body_, "HostConfig"), "NetworkMode"));
      return;
    }
    for (const auto& [name, endpoint] : now) {
      const auto& there = member(before, name);
      if (there.is_null()) {
        changes_.push_back({"networks." + name, std::nullopt, ""});
        continue;
      }
      endpoint_differs("networks." + name, there, endpoint);
    }
    for (const auto& [name, endpoint] : before.items()) {
      if (!now.contains(name)) changes_.push_back({"networks." + name, "", std::nullopt});
    }
  }

  void endpoint_differs(const std::string& path, const Json& before, const Json& now) {
    // The container's own names are known to the engine anyway.
    const auto& hostname = member(member(actual_, "Config"), "Hostname");
    const std::set<std::string> own{name_, member(actual_, "Id").get<std::string>().substr(0, 12),
                                    hostname.is_string() ? hostname.get<std::string>() : ""};
    const auto aliases = [&](const Json& endpoint) {
      std::set<std::string> names;
      for (const auto& alias : member(endpoint, "Aliases")) {
        if (const auto name = alias.get<std::string>(); !own.contains(name)) names.insert(name);
      }
      return Json(names);
    };
    // docker compose adds the other's name and what is left of it without the project's.
    const auto links = [](const Json& endpoint) {
      std::set<std::string> out;
      for (const auto& item : member(endpoint, "Links")) {
        const auto link = item.get<std::string>();
        const auto colon = std::min(link.find(':'), link.size());
        if (!link.substr(0, colon).ends_with(link.substr(std::min(colon + 1, link.size())))) out.insert(link);
      }
      return Json(out);
    };
    differ(path + ".aliases", aliases(before), aliases(now));
    differ("links", links(before), links(now));
    const auto addresses = [](const Json& endpoint) {
      return dense(member(endpoint, "IPAMConfig").is_object() ? endpoint["IPAMConfig"] : Json::object());
    };
    differ(path, addresses(before), addresses(now));
    if (now.contains("MacAddress")) differ(path + ".mac_address", member(before, "MacAddress"), now["MacAddress"]);
  }

  const ContainerBody& wanted_;
  const Json& body_;
  const std::string& name_;
  const Json& actual_;
  const Json& image_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> differences(const project::Project& project, const Instance& instance,
                                const ObservedContainer& container, const Observed& observed) {
  const auto& service = *instance.service;
  const auto image = observed.images.find(service.image);
  if (!container.inspected) return {{"everything", "unknown", "known"}};
  if (image != observed.images.end() && image->second.id != container.image_id)
    return {{"image", container.image_id, image->second.id}};
  const auto known = image == observed.images.end() ? ObservedImage{} : image->second;
  // What another tool has copied into it cannot be looked at.
  std::vector<Change> copies;
  for (const auto& file : copied_files(service, known))
    copies.push_back({fmt::format("{}[{}]", file.is_config ? "configs" : "secrets", file.target), "", "", true});
  if (!copies.empty()) return copies;
  auto wanted = container_body(project, service, secret_volumes(project, service, known));
  settle_number(wanted, instance);
  const auto image_config = known.config ? *known.config : Json();
  try {
    return Comparison(wanted, instance.name, *container.inspected, image_config).make();
  } catch (const Json::exception&) {  // an engine that answers with other types than the API's
    return {{"everything", "unreadable", "known"}};
  }
}

}  // namespace saasctl::plan
