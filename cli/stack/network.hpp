// Networks, and how a service takes part in one.
// Source: Compose specification, 06-networks.md, and 05-services.md, "networks".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

struct NetworkUse : Located {
  std::vector<std::string> aliases;
  std::optional<std::string> ipv4_address;
  std::optional<std::string> ipv6_address;
  std::vector<std::string> link_local_ips;
  std::optional<std::string> mac_address;
  std::optional<std::string> interface_name;
  Pairs driver_opts;
  std::optional<Decimal> priority;  // the network of the highest is joined first
  std::optional<Decimal> gw_priority;
};

Codec<Map<NetworkUse>> networks_form();  // a list of names or a map

struct AddressPool : Located {
  std::optional<std::string> subnet;
  std::optional<std::string> ip_range;
  std::optional<std::string> gateway;
  Pairs aux_addresses;
};

struct Ipam : Located {
  std::optional<std::string> driver;
  std::vector<AddressPool> config;
  Pairs options;
};

struct Network : Located {
  std::optional<std::string> name;
  std::optional<std::string> driver;
  std::optional<bool> external;
  std::optional<bool> internal;
  std::optional<bool> attachable;
  std::optional<bool> enable_ipv4;
  std::optional<bool> enable_ipv6;
  std::optional<Ipam> ipam;
  Pairs driver_opts;
  Pairs labels;
};

Codec<Network> network_form();

// "true", or the older {name: NAME}, whose name goes to the record's own.
Codec<bool> external_form();

// The form of a record with the keys external and name; a name under external counts as the record's name.
template <typename T>
Codec<T> with_external_name(Codec<T> form) {
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<T> {
    auto record = read(node, reader);
    const auto* external = node.kind == Kind::map ? node.find("external") : nullptr;
    const auto* name = external && external->kind == Kind::map ? external->find("name") : nullptr;
    if (!record || !name) return record;
    if (record->name) {
      reader.error(*name, "the name is given twice", "keep the one outside of external:");
    } else {
      record->name = any_text().read(*name, reader);
    }
    return record;
  };
  return form;
}

// Whether the text is an address of IPv4 or IPv6.
bool is_ip_address(const std::string& text);

}  // namespace saasctl::stack
