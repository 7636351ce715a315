#include "build/unsupported.hpp"

#include <fmt/format.h>

#include "yaml/diagnostics.hpp"

namespace saasctl::build {
namespace {

constexpr auto other_builder = "the engine's own builder cannot do it through its API";

class Check {
 public:
  explicit Check(const project::Service& service) : service_(service), build_(*service.spec.build) {}

  Result<void> finish() const {
    if (diagnostics_.empty()) return {};
    return std::unexpected(diagnostics_.error());
  }

  void keys() {
    refuse_if(!build_.additional_contexts.empty(), "additional_contexts", other_builder);
    refuse_if(!build_.no_cache_filter.empty(), "no_cache_filter", other_builder);
    refuse_if(!build_.entitlements.empty(), "entitlements", other_builder);
    refuse_if(build_.privileged.value_or(false), "privileged", other_builder);
    refuse_if(build_.platforms.size() > 1, "platforms", "an engine's image has one platform", "keep one of them");
    const auto isolation = build_.isolation.value_or("");
    refuse_if(!isolation.empty() && isolation != "default", "isolation",
              fmt::format("'{}' exists on Windows only", isolation), "write default, or remove it");
    for (const auto& target : build_.cache_to) {
      refuse_if(target != "type=inline" && target != "inline", "cache_to",
                fmt::format("'{}': {}", target, other_builder), "write type=inline, or remove it");
    }
    for (const auto& [key, value] : {std::pair("provenance", &build_.provenance), std::pair("sbom", &build_.sbom)}) {
      refuse_if(!value->value_or("").empty() && **value != "false", key,
                "an engine's image store keeps no attestations", "write false, or remove it");
    }
    if (const auto& remote = service_.build->remote; !remote.empty()) context(remote);
  }

  void classic() {
    constexpr auto reason = "this engine's builder cannot do it through its API";
    constexpr auto hint = "build on a Docker Engine, which has BuildKit";
    refuse_if(!service_.build->ssh.empty(), "ssh", reason, hint);
    refuse_if(!service_.build->remote.empty(), "context", "this engine's builder fetches no context from a URL", hint);
  }

 private:
  void context(const std::string& remote) {
    const bool other = remote.starts_with("service:") || remote.starts_with("docker-image:") ||
                       remote.starts_with("oci-layout:") || remote.starts_with("target:");
    refuse_if(other, "context", fmt::format("'{}': {}", remote, other_builder),
              "name a folder, a repository or an archive");
    refuse_if(!other && build_.dockerfile_inline.has_value(), "dockerfile_inline",
              "the Dockerfile of a context at a URL comes from that context", "remove it, or use a folder as context");
  }

  void refuse_if(bool wrong, std::string_view key, const std::string& reason, std::string hint = "remove it") {
    if (!wrong) return;
    diagnostics_.add(build_.where(key), build_.has(key) ? key.size() : 1,
                     fmt::format("{} cannot be built: {}: {}", service_.name, key, reason), std::move(hint));
  }

  const project::Service& service_;
  const stack::Build& build_;
  yaml::Diagnostics diagnostics_;
};

}  // namespace

Result<void> check_builder_can(const project::Service& service, bool buildkit) {
  if (!service.spec.build) return {};
  Check check(service);
  check.keys();
  if (!buildkit) check.classic();
  return check.finish();
}

}  // namespace saasctl::build
