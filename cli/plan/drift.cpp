#include "plan/drift.hpp"

#include <fmt/format.h>

#include "plan/record.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

std::string text_of(bool value) {
  return value ? "true" : "false";
}

void add_options(Facts& facts, const declare::Pairs& options) {
  for (const auto& option : options) facts["driver_opts." + option.name] = option.value.value_or("");
}

Facts facts_of(const stack::Network& spec) {
  Facts facts;
  if (spec.driver) facts["driver"] = *spec.driver;
  if (spec.internal) facts["internal"] = text_of(*spec.internal);
  if (spec.attachable) facts["attachable"] = text_of(*spec.attachable);
  if (spec.enable_ipv6) facts["enable_ipv6"] = text_of(*spec.enable_ipv6);
  add_options(facts, spec.driver_opts);
  for (const auto& label : spec.labels) facts["labels." + label.name] = label.value.value_or("");
  if (!spec.ipam) return facts;
  if (spec.ipam->driver) facts["ipam.driver"] = *spec.ipam->driver;
  for (const auto& option : spec.ipam->options) facts["ipam.options." + option.name] = option.value.value_or("");
  for (std::size_t i = 0; i < spec.ipam->config.size(); ++i) {
    const auto& pool = spec.ipam->config[i];
    if (pool.subnet) facts[fmt::format("ipam.config[{}].subnet", i)] = *pool.subnet;
    if (pool.ip_range) facts[fmt::format("ipam.config[{}].ip_range", i)] = *pool.ip_range;
    if (pool.gateway) facts[fmt::format("ipam.config[{}].gateway", i)] = *pool.gateway;
    for (const auto& address : pool.aux_addresses)
      facts[fmt::format("ipam.config[{}].aux_addresses.{}", i, address.name)] = address.value.value_or("");
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
Cause differences(const Facts& wanted, const Facts& there, bool added_options) {
  Cause cause;
  const auto add = [&](const std::string& key, std::optional<std::string> before, std::optional<std::string> after) {
    const bool hidden = may_be_secret(key, before.value_or("")) || may_be_secret(key, after.value_or(""));
    if (hidden && before) before = "";
    if (hidden && after) after = "";
    cause.changes.push_back({key, std::move(before), std::move(after), hidden});
  };
  for (const auto& [key, value] : wanted) {
    const auto found = there.find(key);
    if (found == there.end()) {
      add(key, std::nullopt, value);
    } else if (found->second != value) {
      add(key, found->second, value);
    }
  }
  for (const auto& [key, value] : there) {
    if (!added_options && key.starts_with("driver_opts.") && !wanted.contains(key)) add(key, value, std::nullopt);
  }
  cause.text = to_text(cause.changes);
  return cause;
}

}  // namespace

project::Json network_model(const project::Network& network) {
  return facts_of(network.spec);
}

Cause network_change(const project::Network& network, const ObservedState& observed) {
  const auto found = observed.network_facts.find(network.name);
  if (network.external || found == observed.network_facts.end()) return {};
  const auto label = observed.network_models.find(network.name);
  const bool recorded = label != observed.network_models.end() && !label->second.empty();
  if (!recorded) return differences(facts_of(network.spec), found->second, true);
  const auto model = network_model(network);
  return is_unchanged(label->second, model) ? Cause{} : cause_of_change(label->second, model);
}

std::vector<std::string> find_drift(const project::Project& project, const ObservedState& observed, bool networks) {
  std::vector<std::string> out;
  for (const auto& network : project.networks) {
    const auto cause = networks ? network_change(network, observed) : Cause{};
    if (!cause.text.empty())
      out.push_back(fmt::format("network {} stays as it is and differs from the file: {}", network.name, cause.text));
  }
  for (const auto& volume : project.volumes) {
    const auto found = observed.volume_facts.find(volume.name);
    if (volume.external || found == observed.volume_facts.end()) continue;
    const auto cause = differences(facts_of(volume.spec), found->second, false);
    if (!cause.text.empty()) {
      out.push_back(
          fmt::format("volume {} stays as it is and differs from the file: {}; saasctl down --volumes removes it with "
                      "its data, and the next up creates it as the file declares it",
                      volume.name, cause.text));
    }
  }
  return out;
}

}  // namespace saasctl::plan
