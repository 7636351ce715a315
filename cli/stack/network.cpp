#include "stack/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "declare/names_or_map.hpp"
#include "stack/vocabulary.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

// "10.5.0.0/16", "2001:db8::/64".
bool is_subnet(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto bits = parse_integer(text.substr(slash + 1));
  const std::string address(text.substr(0, slash));
  return bits && is_ip_address(address) && *bits <= (address.find(':') == std::string::npos ? 32 : 128);
}

Codec<std::string> address_form() {
  return checked_text("an IP address", "", [](std::string_view text) { return is_ip_address(std::string(text)); });
}

Codec<std::string> subnet_form() {
  return checked_text("a subnet such as 10.5.0.0/16", "", is_subnet);
}

const Record<NetworkUse>& network_use_record() {
  static const auto record =
      Record<NetworkUse>("network-use", "How a service takes part in a network.")
          .key("aliases", &NetworkUse::aliases, list_of(any_text()), "More names of the service there.")
          .key("ipv4_address", &NetworkUse::ipv4_address, address_form(), "Fixed address.")
          .key("ipv6_address", &NetworkUse::ipv6_address, address_form(), "Fixed address of IPv6.")
          .key("link_local_ips", &NetworkUse::link_local_ips, list_of(address_form()), "Link-local addresses.")
          .key("mac_address", &NetworkUse::mac_address, any_text(),
               "Hardware address (Engine 25 and later; before, the service's mac_address).")
          .key("interface_name", &NetworkUse::interface_name, any_text(),
               "Name of the interface in the container (Engine 28 and later).")
          .key("driver_opts", &NetworkUse::driver_opts, pairs(), "Options of the driver.")
          .key("priority", &NetworkUse::priority, decimal(-1e9, 1e9), "The highest is joined first.")
          .key("gw_priority", &NetworkUse::gw_priority, decimal(-1e9, 1e9),
               "The highest has the default route (Engine 28 and later).");
  return record;
}

bool is_bare(const NetworkUse& use) {
  return network_use_record().write(use, Style::source).empty();
}

Codec<Ipam> ipam_form() {
  static const auto pool =
      Record<AddressPool>("address-pool", "Addresses of a network.")
          .key("subnet", &AddressPool::subnet, subnet_form(), "All of them.")
          .example("subnet: 10.5.0.0/16")
          .key("ip_range", &AddressPool::ip_range, subnet_form(), "Those that containers get.")
          .key("gateway", &AddressPool::gateway, address_form(), "The one of the way out.")
          .key("aux_addresses", &AddressPool::aux_addresses, pairs(), "Those of other hosts, by their name.");
  static const auto record = Record<Ipam>("ipam", "Where a network's addresses come from.")
                                 .key("driver", &Ipam::driver, any_text(), "Driver; default: default.")
                                 .key("config", &Ipam::config, list_of(pool.form()), "Its pools of addresses.")
                                 .key("options", &Ipam::options, pairs(), "Options of the driver.");
  return or_empty(record.form());
}

}  // namespace

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return inet_pton(AF_INET, text.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), ignored.data()) == 1;
}

Codec<Map<NetworkUse>> networks_form() {
  auto form = names_or_map(network_use_record().form());
  form.write = [write = form.write](const Map<NetworkUse>& uses, Style style) {
    const bool bare = std::ranges::all_of(uses, [](const auto& use) { return is_bare(use.value); });
    if (!bare || style == Style::canonical) return write(uses, style);
    Json names = Json::array();
    for (const auto& use : uses) names.push_back(use.name);
    return names;
  };
  return form;
}

Codec<bool> external_form() {
  struct Older {
    std::optional<std::string> name;
  };
  static const auto record = Record<Older>("external", "The older form of external: true with a name.")
                                 .key("name", &Older::name, any_text(), "Its name at the engine.");
  auto form = boolean();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<bool> {
    if (node.kind != Kind::map) return read(node, reader);
    record.read(node, reader);
    return true;
  };
  form.schema = [full = form.schema]() -> Json { return {{"oneOf", {full(), record.form().schema()}}}; };
  form.type_name = "boolean or external";
  form.records = record.form().records;
  return form;
}

Codec<Network> network_form() {
  static const auto record =
      Record<Network>("network", "A network that services share.")
          .key("name", &Network::name, any_text(), "Name instead of PROJECT_KEY.")
          .key("driver", &Network::driver, any_text(), "Driver; default: bridge.")
          .key("external", &Network::external, external_form(), "It exists already and is never made or removed.")
          .key("internal", &Network::internal, boolean(), "No way out of it.")
          .key("attachable", &Network::attachable, boolean(), "Other containers may join.")
          .key("enable_ipv4", &Network::enable_ipv4, boolean(), "Addresses of IPv4 (Engine 28 and later).")
          .key("enable_ipv6", &Network::enable_ipv6, boolean(), "Addresses of IPv6.")
          .key("ipam", &Network::ipam, ipam_form(), "Where its addresses come from.")
          .key("driver_opts", &Network::driver_opts, pairs(), "Options of the driver.")
          .key("labels", &Network::labels, pairs(), "Labels.");
  return with_external_name(record.form());
}

}  // namespace saasctl::stack
