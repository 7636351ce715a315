#include "plan/engine_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "util/text.hpp"

namespace saasctl::plan {
namespace {

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

}  // namespace

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

}  // namespace saasctl::plan
