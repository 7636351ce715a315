#include "plan/engine_needs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/engine_values.hpp"

namespace saasctl::plan {
namespace {

class Needs {
 public:
  explicit Needs(int api_minor) : api_minor_(api_minor) {}

  void operator()(const CreateNetwork& work) {
    if (work.body.contains("EnableIPv4")) add("network " + work.name, "enable_ipv4", 48, "28", false);
  }

  void operator()(const CreateContainer& work) {
    const auto need = [&](bool asked, const char* key, int minor, const char* engine, bool strict) {
      if (asked) add(work.service, key, minor, engine, strict);
    };
    const auto& host = member(work.body, "HostConfig");
    need(host.contains("Annotations"), "annotations", 43, "24", false);
    need(member(work.body, "Healthcheck").contains("StartInterval"), "healthcheck.start_interval", 44, "25", false);
    for (const auto& mount : member(host, "Mounts")) {
      const auto& bind = member(mount, "BindOptions");
      const bool recursive = bind.contains("ReadOnlyNonRecursive") || bind.contains("ReadOnlyForceRecursive");
      need(recursive, "volumes.bind.recursive", 44, "25", true);
      need(member(mount, "VolumeOptions").contains("Subpath"), "volumes.volume.subpath", 45, "26", true);
      need(member(mount, "Type") == "image", "a volume of type: image", 48, "28", true);
    }
    const auto endpoint = [&](const Json& settings) {
      need(settings.contains("GwPriority"), "networks.gw_priority", 48, "28", false);
      const bool named = member(settings, "DriverOpts").contains("com.docker.network.endpoint.ifname");
      need(named, "networks.interface_name", 49, "28.1", true);
    };
    for (const auto& [network, settings] : member(member(work.body, "NetworkingConfig"), "EndpointsConfig").items())
      endpoint(settings);
    for (const auto& [network, settings] : work.connect) {
      endpoint(settings);
      need(settings.contains("MacAddress"), "networks.mac_address of a second network", 44, "25", true);
    }
  }

  template <typename Work>
  void operator()(const Work&) {}

  std::vector<EngineNeed> take() { return std::move(needs_); }

 private:
  void add(std::string of, const char* key, int minor, const char* engine, bool strict) {
    if (api_minor_ >= minor) return;
    EngineNeed need{std::move(of), key, minor, engine, strict};
    if (std::ranges::find(needs_, need) == needs_.end()) needs_.push_back(std::move(need));
  }

  int api_minor_;
  std::vector<EngineNeed> needs_;
};

}  // namespace

std::vector<EngineNeed> unmet_needs(const Plan& plan, int api_minor) {
  Needs needs(api_minor);
  for (const auto& action : plan.actions) std::visit(needs, action.work);
  return needs.take();
}

std::string describe(const EngineNeed& need, int api_minor) {
  return fmt::format("{}: {} needs Docker Engine {} (API 1.{}), and this engine has API 1.{}", need.of, need.key,
                     need.engine, need.api_minor, api_minor);
}

}  // namespace saasctl::plan
