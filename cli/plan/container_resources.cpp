#include "plan/container_resources.hpp"

#include <cmath>

#include "plan/resource_body.hpp"
#include "stack/shapes.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

using project::Json;

void processors(const stack::Service& spec, Json& host) {
  const auto time = [&](const char* key, const std::optional<std::string>& value) {
    if (value) host[key] = stack::microseconds(*value);
  };
  if (spec.cpu_shares) host["CpuShares"] = spec.cpu_shares->value;
  time("CpuPeriod", spec.cpu_period);
  time("CpuQuota", spec.cpu_quota);
  time("CpuRealtimePeriod", spec.cpu_rt_period);
  time("CpuRealtimeRuntime", spec.cpu_rt_runtime);
  if (spec.cpuset) host["CpusetCpus"] = *spec.cpuset;
}

void memory(const stack::Service& spec, Json& host) {
  if (spec.memswap_limit)
    host["MemorySwap"] = *spec.memswap_limit == "-1" ? -1 : declare::parse_bytes(*spec.memswap_limit).value_or(0);
  if (spec.mem_swappiness) host["MemorySwappiness"] = spec.mem_swappiness->value;
  if (spec.oom_kill_disable) host["OomKillDisable"] = *spec.oom_kill_disable;
  if (spec.oom_score_adj) host["OomScoreAdj"] = spec.oom_score_adj->value;
  if (spec.shm_size) host["ShmSize"] = spec.shm_size->value;
}

Json rates(const std::vector<stack::DeviceRate>& devices) {
  Json out = Json::array();
  for (const auto& device : devices)
    out.push_back({{"Path", device.path.value_or("")}, {"Rate", device.rate ? device.rate->value : 0}});
  return out;
}

void disks(const stack::Service& spec, Json& host) {
  if (spec.blkio_config) {
    const auto& blkio = *spec.blkio_config;
    if (blkio.weight) host["BlkioWeight"] = blkio.weight->value;
    for (const auto& device : blkio.weight_device) {
      host["BlkioWeightDevice"].push_back(
          {{"Path", device.path.value_or("")}, {"Weight", device.weight ? device.weight->value : 0}});
    }
    const auto add = [&](const char* key, const std::vector<stack::DeviceRate>& devices) {
      if (!devices.empty()) host[key] = rates(devices);
    };
    add("BlkioDeviceReadBps", blkio.device_read_bps);
    add("BlkioDeviceReadIOps", blkio.device_read_iops);
    add("BlkioDeviceWriteBps", blkio.device_write_bps);
    add("BlkioDeviceWriteIOps", blkio.device_write_iops);
  }
  if (!spec.storage_opt.empty()) host["StorageOpt"] = object_of(spec.storage_opt);
}

Json device_request(const stack::DeviceRequest& request, bool gpu) {
  auto capabilities = request.capabilities;
  if (gpu) capabilities.emplace_back("gpu");
  // A list of one list; in braces, two capabilities would be taken for a name and its value.
  Json out = {{"Driver", request.driver.value_or("")}};
  out["Capabilities"].push_back(capabilities);
  if (!request.device_ids.empty()) {
    out["DeviceIDs"] = request.device_ids;
  } else {
    const auto count = request.count.value_or("all");
    out["Count"] = count == "all" ? -1 : parse_integer(count).value_or(-1);
  }
  if (!request.options.empty()) out["Options"] = object_of(request.options);
  return out;
}

void devices(const stack::Service& spec, Json& host) {
  Json mapped = Json::array(), requests = Json::array(), named = Json::array();
  for (const auto& device : spec.devices) {
    if (device.by_name()) {
      named.push_back(device.source);
    } else {
      mapped.push_back({{"PathOnHost", device.source},
                        {"PathInContainer", device.target.value_or(device.source)},
                        {"CgroupPermissions", device.permissions.value_or("rwm")}});
    }
  }
  if (!named.empty()) requests.push_back({{"Driver", "cdi"}, {"DeviceIDs", std::move(named)}});
  for (const auto& gpu : spec.gpus) requests.push_back(device_request(gpu, true));
  if (spec.deploy && spec.deploy->resources && spec.deploy->resources->reservations) {
    for (const auto& device : spec.deploy->resources->reservations->devices)
      requests.push_back(device_request(device, false));
  }
  if (!mapped.empty()) host["Devices"] = std::move(mapped);
  if (!requests.empty()) host["DeviceRequests"] = std::move(requests);
  if (!spec.device_cgroup_rules.empty()) host["DeviceCgroupRules"] = spec.device_cgroup_rules;
}

// Source: Compose specification, deploy.md, "restart_policy": it goes before restart.
Json restart_policy(const stack::Service& spec) {
  auto text = spec.restart.value_or("no");
  Json policy = Json::object();
  if (spec.deploy && spec.deploy->restart_policy) {
    const auto& deploy = *spec.deploy->restart_policy;
    text = deploy.condition.value_or("any");
    if (text == "any") text = "always";
    if (text == "none") text = "no";
    if (deploy.max_attempts) policy["MaximumRetryCount"] = deploy.max_attempts->value;
  }
  const auto colon = text.find(':');
  policy["Name"] = text.substr(0, colon);
  if (colon != std::string::npos) policy["MaximumRetryCount"] = parse_integer(text.substr(colon + 1)).value_or(0);
  return policy;
}

void limits(const stack::Service& spec, Json& host) {
  if (!spec.deploy || !spec.deploy->resources) return;
  const auto& resources = *spec.deploy->resources;
  if (resources.limits) {
    if (resources.limits->cpus) host["NanoCpus"] = std::llround(resources.limits->cpus->value * 1e9);
    if (resources.limits->memory) host["Memory"] = resources.limits->memory->value;
    if (resources.limits->pids) host["PidsLimit"] = resources.limits->pids->value;
  }
  if (resources.reservations && resources.reservations->memory)
    host["MemoryReservation"] = resources.reservations->memory->value;
}

}  // namespace

void add_resources(const stack::Service& spec, Json& host) {
  limits(spec, host);
  processors(spec, host);
  memory(spec, host);
  disks(spec, host);
  devices(spec, host);
  Json ulimits = Json::array();
  for (const auto& [name, at, limit] : spec.ulimits)
    ulimits.push_back({{"Name", name}, {"Soft", limit.soft.value}, {"Hard", limit.hard.value}});
  if (!ulimits.empty()) host["Ulimits"] = std::move(ulimits);
  host["RestartPolicy"] = restart_policy(spec);
  if (spec.logging) {
    Json config = {{"Type", spec.logging->driver.value_or("")}};  // empty: the engine's own default
    if (!spec.logging->options.empty()) config["Config"] = object_of(spec.logging->options);
    host["LogConfig"] = std::move(config);
  }
}

}  // namespace saasctl::plan
