#include "plan/renewal.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "plan/bridges.hpp"
#include "plan/drift.hpp"
#include "plan/engine_values.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

struct Subnet {
  int family = 0;
  std::array<unsigned char, 16> address{};
  std::int64_t bits = 0;
};

std::optional<Subnet> subnet_of(const Json& pool) {
  const auto& text = member(pool, "Subnet");
  if (!text.is_string()) return std::nullopt;
  const auto parts = split(text.get<std::string>(), '/');
  Subnet out;
  out.family = parts.front().find(':') == std::string::npos ? AF_INET : AF_INET6;
  const auto bits = parts.size() == 2 ? parse_integer(parts[1]) : std::nullopt;
  if (!bits || *bits < 0 || *bits > (out.family == AF_INET ? 32 : 128)) return std::nullopt;
  if (::inet_pton(out.family, parts.front().c_str(), out.address.data()) != 1) return std::nullopt;
  out.bits = *bits;
  return out;
}

bool overlap(const Subnet& one, const Subnet& other) {
  if (one.family != other.family) return false;
  const auto bits = std::min(one.bits, other.bits);
  for (std::int64_t bit = 0; bit < bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const auto mask = static_cast<unsigned char>(0x80U >> static_cast<unsigned>(bit % 8));
    if (((one.address.at(byte) ^ other.address.at(byte)) & mask) != 0) return false;
  }
  return true;
}

bool pools_overlap(const Json& body, const Json& before) {
  for (const auto& pool : member(member(body, "IPAM"), "Config")) {
    for (const auto& other : member(member(before, "IPAM"), "Config")) {
      const auto one = subnet_of(pool), two = subnet_of(other);
      if (one && two && overlap(*one, *two)) return true;
    }
  }
  return false;
}

bool uses(const project::Service& service, const std::string& network) {
  return std::ranges::any_of(service.spec.networks, [&](const auto& use) { return use.name == network; });
}

std::unexpected<Error> in_use(const ChangedNetwork& changed, const std::string& container, const std::string& why,
                              const std::string& hint) {
  return failure(ErrorKind::conflict,
                 fmt::format("network {} has changed and must be recreated ({}), but {} is attached to it, {}",
                             changed.network->name, changed.cause.text, container, why),
                 hint);
}

// Containers that the engine names and the project does not have.
Result<void> check_strangers(const ChangedNetwork& changed, const ObservedState& observed) {
  const auto& name = changed.network->name;
  const auto attached = observed.attached.find(name);
  if (attached == observed.attached.end()) return {};
  for (const auto& [id, container] : attached->second) {
    if (std::ranges::find(observed.containers, id, &ObservedContainer::id) != observed.containers.end()) continue;
    return in_use(changed, container, "which does not belong to this project",
                  fmt::format("docker network disconnect {0} {1}, then repeat the command; docker network connect {0} "
                              "{1} attaches it again",
                              name, container));
  }
  return {};
}

Result<void> add_user(ChangedNetwork& changed, const project::Project& project, const ObservedContainer& container,
                      const UpOptions& options) {
  if (container.one_off)
    return in_use(changed, container.name, "which saasctl run has made", "wait for its end, or stop it");
  const bool orphan = !project.find(container.service);
  const bool inactive = project.document.stack.inactive.find(container.service) != nullptr;
  if (inactive)
    return in_use(changed, container.name, "whose profile is not active",
                  "activate its profile with --profile, or stop it");
  if (orphan && !options.remove_orphans)
    return in_use(changed, container.name, "of no service in the file", "add --remove-orphans, or stop it");
  changed.users.push_back(&container);
  return {};
}

}  // namespace

Result<std::vector<ChangedNetwork>> changed_networks(const project::Project& project, const ObservedState& observed,
                                                     const UpOptions& options,
                                                     const std::set<std::string, std::less<>>& services) {
  std::vector<ChangedNetwork> out;
  if (options.keep_networks || options.no_recreate || options.no_start) return out;
  for (const auto& network : project.networks) {
    const bool used = std::ranges::any_of(project.services, [&](const project::Service& service) {
      return services.contains(service.name) && uses(service, network.key);
    });
    if (!used || !observed.network_bodies.contains(network.name)) continue;
    ChangedNetwork changed{&network, network_change(network, observed), {}};
    if (changed.cause.text.empty()) continue;
    if (auto known = check_strangers(changed, observed); !known) return std::unexpected(known.error());
    for (const auto& container : observed.containers) {
      if (!container.is_up() || std::ranges::find(container.networks, network.name) == container.networks.end())
        continue;
      if (auto added = add_user(changed, project, container, options); !added) return std::unexpected(added.error());
    }
    out.push_back(std::move(changed));
  }
  return out;
}

const ChangedNetwork* changed_network_of(const std::vector<ChangedNetwork>& networks,
                                         const ObservedContainer& container) {
  const auto found = std::ranges::find_if(networks, [&](const ChangedNetwork& changed) {
    return std::ranges::find(container.networks, changed.network->name) != container.networks.end();
  });
  return found == networks.end() ? nullptr : &*found;
}

ProbeNetwork probe_of(const Json& body, const Json& before) {
  auto probe = body;
  const auto name = body.value("Name", std::string());
  probe["Name"] = name + std::string(probe_suffix);
  if (pools_overlap(body, before)) probe.erase("IPAM");
  if (probe.contains("Options")) probe["Options"].erase(std::string(bridge_option));
  return {name, std::move(probe)};
}

}  // namespace saasctl::plan
