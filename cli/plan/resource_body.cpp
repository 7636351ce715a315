#include "plan/resource_body.hpp"

#include "plan/drift.hpp"
#include "plan/labels.hpp"
#include "plan/record.hpp"

namespace saasctl::plan {

using project::Json;

namespace {

Json labels_of(const project::Project& project, const declare::Pairs& own, std::string_view kind,
               const std::string& key) {
  auto labels = object_of(own);
  labels[std::string(label::project)] = project.name;
  labels[std::string(kind)] = key;
  return labels;
}

Json pool_of(const stack::AddressPool& pool) {
  Json out = Json::object();
  if (pool.subnet) out["Subnet"] = *pool.subnet;
  if (pool.ip_range) out["IPRange"] = *pool.ip_range;
  if (pool.gateway) out["Gateway"] = *pool.gateway;
  if (!pool.aux_addresses.empty()) out["AuxiliaryAddresses"] = object_of(pool.aux_addresses);
  return out;
}

Json ipam_of(const stack::Ipam& ipam) {
  Json out = {{"Driver", ipam.driver.value_or("default")}};
  for (const auto& pool : ipam.config) out["Config"].push_back(pool_of(pool));
  if (!ipam.options.empty()) out["Options"] = object_of(ipam.options);
  return out;
}

}  // namespace

Json object_of(const declare::Pairs& pairs) {
  Json out = Json::object();
  for (const auto& entry : pairs) out[entry.name] = entry.value.value_or("");
  return out;
}

std::vector<std::string> variables_of(const declare::Pairs& pairs) {
  std::vector<std::string> variables;
  for (const auto& [name, at, value] : pairs) variables.push_back(value ? name + "=" + *value : name);
  return variables;
}

Json network_body(const project::Project& project, const project::Network& network, const std::string& salt) {
  const auto& spec = network.spec;
  Json body = {{"Name", network.name}, {"Driver", spec.driver.value_or("bridge")}};
  body["Labels"] = labels_of(project, spec.labels, label::network, network.key);
  body["Labels"][std::string(label::model)] = write_record(project, network_model(network), salt);
  if (spec.internal) body["Internal"] = *spec.internal;
  if (spec.attachable) body["Attachable"] = *spec.attachable;
  if (spec.enable_ipv4) body["EnableIPv4"] = *spec.enable_ipv4;
  if (spec.enable_ipv6) body["EnableIPv6"] = *spec.enable_ipv6;
  if (spec.ipam) body["IPAM"] = ipam_of(*spec.ipam);
  if (!spec.driver_opts.empty()) body["Options"] = object_of(spec.driver_opts);
  return body;
}

Json volume_body(const project::Project& project, const project::Volume& volume) {
  Json body = {{"Name", volume.name}, {"Driver", volume.spec.driver.value_or("local")}};
  body["Labels"] = labels_of(project, volume.spec.labels, label::volume, volume.key);
  if (!volume.spec.driver_opts.empty()) body["DriverOpts"] = object_of(volume.spec.driver_opts);
  return body;
}

}  // namespace saasctl::plan
