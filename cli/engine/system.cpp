#include "engine/system.hpp"

#include <algorithm>

#include "engine/json.hpp"

namespace saasctl::engine {

namespace {

Version parse_version(const nlohmann::json& value) {
  return {.version = detail::text(value, "Version"),
          .api_version = detail::text(value, "ApiVersion"),
          .min_api_version = detail::text(value, "MinAPIVersion"),
          .os = detail::text(value, "Os"),
          .architecture = detail::text(value, "Arch"),
          .kernel = detail::text(value, "KernelVersion")};
}

// Pairs of words such as ["driver-type", "io.containerd.snapshotter.v1"] tell the containerd image store.
bool has_containerd_store(const nlohmann::json& info) {
  const auto& pairs = detail::member(info, "DriverStatus");
  return std::ranges::any_of(pairs, [](const nlohmann::json& pair) {
    return pair.is_array() && pair.size() == 2 && pair[0] == "driver-type" && pair[1].is_string() &&
           pair[1].get<std::string>().starts_with("io.containerd.snapshotter");
  });
}

Info parse_info(const nlohmann::json& value) {
  Info info{.name = detail::text(value, "Name"),
            .operating_system = detail::text(value, "OperatingSystem"),
            .architecture = detail::text(value, "Architecture"),
            .storage_driver = detail::text(value, "Driver"),
            .cgroup_version = detail::text(value, "CgroupVersion"),
            .default_runtime = detail::text(value, "DefaultRuntime"),
            .security_options = detail::texts(value, "SecurityOptions"),
            .cpus = static_cast<int>(detail::integer(value, "NCPU")),
            .memory = detail::integer(value, "MemTotal"),
            .rootless = false,
            .containerd_store = has_containerd_store(value),
            .warnings = detail::texts(value, "Warnings")};
  info.rootless = std::ranges::find(info.security_options, "name=rootless") != info.security_options.end();
  return info;
}

}  // namespace

Result<Version> engine_version(const Client& client, std::stop_token stop) {
  return client.send_parsed({.path = ApiPath("/version")}, parse_version, std::move(stop));
}

Result<Info> engine_info(const Client& client, std::stop_token stop) {
  return client.send_parsed({.path = ApiPath("/info")}, parse_info, std::move(stop));
}

}  // namespace saasctl::engine
