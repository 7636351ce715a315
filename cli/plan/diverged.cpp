#include "plan/diverged.hpp"

#include <fmt/format.h>

#include "util/text.hpp"

namespace saasctl::plan {
namespace {

std::string text_of(bool value) {
  return value ? "true" : "false";
}

void add_options(Facts& facts, const stack::Pairs& options) {
  for (const auto& option : options) facts["driver_opts." + option.name] = option.value.value_or("");
}

Facts facts_of(const stack::Network& spec) {
  Facts facts;
  if (spec.driver) facts["driver"] = *spec.driver;
  if (spec.internal) facts["internal"] = text_of(*spec.internal);
  if (spec.attachable) facts["attachable"] = text_of(*spec.attachable);
  if (spec.enable_ipv6) facts["enable_ipv6"] = text_of(*spec.enable_ipv6);
  add_options(facts, spec.driver_opts);
  if (!spec.ipam) return facts;
  for (std::size_t i = 0; i < spec.ipam->config.size(); ++i) {
    const auto& pool = spec.ipam->config[i];
    if (pool.subnet) facts[fmt::format("ipam.config[{}].subnet", i)] = *pool.subnet;
    if (pool.ip_range) facts[fmt::format("ipam.config[{}].ip_range", i)] = *pool.ip_range;
    if (pool.gateway) facts[fmt::format("ipam.config[{}].gateway", i)] = *pool.gateway;
  }
  return facts;
}

Facts facts_of(const stack::Volume& spec) {
  Facts facts;
  if (spec.driver) facts["driver"] = *spec.driver;
  add_options(facts, spec.driver_opts);
  return facts;
}

// `added_options`: the engine may have given it some that nobody asked for.
// "internal false → true, driver_opts.type none → tmpfs"; empty when everything is as wanted.
std::string differences(const Facts& wanted, const Facts& there, bool added_options) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : wanted) {
    const auto found = there.find(key);
    if (found == there.end()) {
      parts.push_back(fmt::format("{} {} is new", key, value));
    } else if (found->second != value) {
      parts.push_back(fmt::format("{} {} → {}", key, found->second, value));
    }
  }
  for (const auto& [key, value] : there) {
    if (!added_options && key.starts_with("driver_opts.") && !wanted.contains(key))
      parts.push_back(fmt::format("{} {} removed", key, value));
  }
  return join(parts, ", ");
}

template <typename Resources>
void compare(std::vector<std::string>& out, const Resources& resources, const std::map<std::string, Facts>& there,
             const std::string& sentence, bool added_options) {
  for (const auto& resource : resources) {
    const auto found = there.find(resource.name);
    if (resource.external || found == there.end()) continue;
    const auto text = differences(facts_of(resource.spec), found->second, added_options);
    if (!text.empty()) out.push_back(fmt::format(fmt::runtime(sentence), resource.name, text));
  }
}

}  // namespace

std::vector<std::string> divergences(const project::Project& project, const Observed& observed) {
  std::vector<std::string> out;
  compare(out, project.networks, observed.network_facts,
          "network {} stays as it is, not as the file says: {}; saasctl down and up make it anew", true);
  compare(out, project.volumes, observed.volume_facts,
          "volume {} stays as it is, not as the file says: {}; saasctl down --volumes removes it and its data", false);
  return out;
}

}  // namespace saasctl::plan
