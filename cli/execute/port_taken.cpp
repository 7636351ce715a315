#include "execute/port_taken.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "engine/containers.hpp"
#include "plan/labels.hpp"
#include "util/text.hpp"

namespace saasctl::execute {
namespace {

constexpr auto publish_another = "publish another one (ports: in the stack file, or the variable that it comes from)";

bool is_about_port(const std::string& text) {
  constexpr std::array words{"port is already allocated", "address already in use", "ports are not available"};
  return std::ranges::any_of(words, [&](const char* word) { return text.find(word) != std::string::npos; });
}

// "Bind for 127.0.0.1:80 failed", "listen tcp4 0.0.0.0:80: bind: …", "exposing port TCP 0.0.0.0:80 -> …". Source: moby,
// libnetwork/portmapper and portallocator; Docker Desktop.
std::optional<unsigned> port_in(std::string_view text) {
  constexpr std::array<std::string_view, 3> ends{" failed", ": bind", " -> "};
  for (auto colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':', colon + 1)) {
    const auto rest = text.substr(colon + 1);
    const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto number = parse_integer(rest.substr(0, digits));
    const bool ended = std::ranges::any_of(ends, [&](auto end) { return rest.substr(digits).starts_with(end); });
    if (ended && number && *number > 0 && *number <= 65535) return static_cast<unsigned>(*number);
  }
  return std::nullopt;
}

// The protocols by which the container wants that host port; none when it is unknown.
std::set<std::string> protocols_of(const engine::Client& client, const std::string& container, unsigned port,
                                   const std::stop_token& stop) {
  std::set<std::string> out;
  const auto whole = engine::inspect_container(client, container, stop);
  if (!whole || !whole->host_config.is_object()) return out;
  const auto bindings = whole->host_config.find("PortBindings");
  if (bindings == whole->host_config.end() || !bindings->is_object()) return out;
  for (const auto& [key, places] : bindings->items()) {
    if (!places.is_array()) continue;
    for (const auto& place : places) {
      const bool here = place.is_object() && place.contains("HostPort") && place["HostPort"] == std::to_string(port);
      if (here) out.insert(key.substr(std::min(key.find('/'), key.size())));
    }
  }
  return out;
}

std::optional<engine::ContainerSummary> holder_of(const engine::Client& client, const std::string& container,
                                                  unsigned port, const std::stop_token& stop) {
  const auto protocols = protocols_of(client, container, port, stop);
  const auto holds = [&](const engine::PortBinding& binding) {
    const auto& key = binding.container_port;
    return binding.host_port == port &&
           (protocols.empty() || protocols.contains(key.substr(std::min(key.find('/'), key.size()))));
  };
  const auto running = engine::list_containers(client, {}, stop, false);
  if (!running) return std::nullopt;
  for (const auto& one : *running) {
    if (one.id != container && std::ranges::any_of(one.ports, holds)) return one;
  }
  return std::nullopt;
}

std::string value_of_label(const engine::ContainerSummary& container, std::string_view key) {
  const auto found = container.labels.find(std::string(key));
  return found == container.labels.end() ? "" : found->second;
}

}  // namespace

Error port_taken(const engine::Client& client, Error error, const std::string& container, const std::string& project,
                 const std::stop_token& stop) {
  if (!is_about_port(error.message)) return error;
  error.kind = ErrorKind::conflict;
  const auto port = port_in(error.message);
  const auto holder = port ? holder_of(client, container, *port, stop) : std::nullopt;
  if (!holder) {
    error.message = "a host port is taken: " + error.message;
    error.hint = fmt::format(
        "stop what uses it, or {}; if nothing uses it, the engine has kept it since a crash: run saasctl down, or "
        "restart the engine",
        publish_another);
    return error;
  }
  const auto service = value_of_label(*holder, plan::label::service);
  const auto owner = value_of_label(*holder, plan::label::project);
  const bool is_service = !service.empty() && !owner.empty();
  const bool one_off = value_of_label(*holder, plan::label::one_off) == "True";
  const auto whose = !is_service ? std::string()
                                 : fmt::format(" (service {} of {})", service,
                                               owner == project ? "this project" : "the project " + owner);
  error.message =
      fmt::format("the host port {} is taken by the container {}{}: {}", *port, holder->name, whose, error.message);
  error.hint = fmt::format(
      "stop that container ({}), or {}",
      is_service && !one_off ? fmt::format("saasctl -p {} stop {}", owner, service) : "docker stop " + holder->name,
      publish_another);
  return error;
}

}  // namespace saasctl::execute
