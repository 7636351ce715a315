#include "engine/containers.hpp"

#include <fmt/format.h>

#include "engine/json.hpp"
#include "util/text.hpp"

namespace saasctl::engine {
namespace {

using detail::boolean;
using detail::integer;
using detail::member;
using detail::text;
using Json = nlohmann::json;

ApiPath container_path(std::string_view container) {
  return ApiPath("/containers") / container;
}

std::string without_slash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

std::uint16_t port_number(std::int64_t value) {
  return value > 0 && value <= 65535 ? static_cast<std::uint16_t>(value) : std::uint16_t{0};
}

std::vector<Mount> parse_mounts(const Json& rows) {
  std::vector<Mount> mounts;
  for (const auto& mount : rows) {
    mounts.push_back({.type = text(mount, "Type"),
                      .name = text(mount, "Name"),
                      .source = text(mount, "Source"),
                      .destination = text(mount, "Destination"),
                      .read_only = !boolean(mount, "RW")});
  }
  return mounts;
}

ContainerSummary parse_summary(const Json& row) {
  ContainerSummary summary{.id = text(row, "Id"),
                           .name = {},
                           .image = text(row, "Image"),
                           .image_id = text(row, "ImageID"),
                           .state = text(row, "State"),
                           .status = text(row, "Status"),
                           .labels = detail::text_map(row, "Labels"),
                           .ports = {},
                           .mounts = parse_mounts(member(row, "Mounts")),
                           .created = Timestamp(std::chrono::seconds(integer(row, "Created")))};
  // Links add names of the form /other/alias; the container's own has one slash.
  for (const auto& name : detail::texts(row, "Names")) {
    if (summary.name.empty() || name.rfind('/') == 0) summary.name = without_slash(name);
  }
  for (const auto& port : member(row, "Ports")) {
    summary.ports.push_back({.container_port = fmt::format("{}/{}", integer(port, "PrivatePort"), text(port, "Type")),
                             .host_ip = text(port, "IP"),
                             .host_port = port_number(integer(port, "PublicPort"))});
  }
  summary.command = text(row, "Command");
  summary.networks = detail::keys(member(row, "NetworkSettings"), "Networks");
  for (const auto& [name, network] : member(member(row, "NetworkSettings"), "Networks").items()) {
    if (auto id = text(network, "NetworkID"); !id.empty()) summary.network_ids[name] = std::move(id);
  }
  return summary;
}

Health parse_health(const Json& value) {
  Health health{
      .status = text(value, "Status"), .failing_streak = static_cast<int>(integer(value, "FailingStreak")), .log = {}};
  for (const auto& entry : member(value, "Log")) {
    health.log.push_back({.start = detail::timestamp(entry, "Start"),
                          .end = detail::timestamp(entry, "End"),
                          .exit_code = static_cast<int>(integer(entry, "ExitCode")),
                          .output = text(entry, "Output")});
  }
  return health;
}

ContainerState parse_state(const Json& value) {
  ContainerState state{.status = text(value, "Status"),
                       .running = boolean(value, "Running"),
                       .restarting = boolean(value, "Restarting"),
                       .oom_killed = boolean(value, "OOMKilled"),
                       .exit_code = static_cast<int>(integer(value, "ExitCode")),
                       .error = text(value, "Error"),
                       .started_at = detail::timestamp(value, "StartedAt"),
                       .finished_at = detail::timestamp(value, "FinishedAt"),
                       .health = std::nullopt};
  // Podman calls it Healthcheck and sends it, empty, for containers without one.
  const auto& health = member(value, "Health").is_object() ? member(value, "Health") : member(value, "Healthcheck");
  if (const auto status = text(health, "Status"); !status.empty() && status != "none") {
    state.health = parse_health(health);
  }
  return state;
}

std::vector<PortBinding> parse_ports(const Json& ports) {
  std::vector<PortBinding> out;
  for (const auto& [container_port, bindings] : ports.items()) {
    if (!bindings.is_array() || bindings.empty()) out.push_back({.container_port = container_port, .host_ip = {}});
    for (const auto& binding : bindings) {
      out.push_back({.container_port = container_port,
                     .host_ip = text(binding, "HostIp"),
                     .host_port = port_number(parse_integer(text(binding, "HostPort")).value_or(0))});
    }
  }
  return out;
}

Container parse_container(const Json& value) {
  const auto& config = member(value, "Config");
  Container container{.id = text(value, "Id"),
                      .name = without_slash(text(value, "Name")),
                      .image = text(config, "Image"),
                      .image_id = text(value, "Image"),
                      .labels = detail::text_map(config, "Labels"),
                      .created = detail::timestamp(value, "Created"),
                      .state = parse_state(member(value, "State")),
                      .restart_count = static_cast<int>(integer(value, "RestartCount")),
                      .tty = boolean(config, "Tty"),
                      .networks = {},
                      .mounts = {},
                      .ports = parse_ports(member(member(value, "NetworkSettings"), "Ports")),
                      .config = config,
                      .host_config = member(value, "HostConfig")};
  for (const auto& [name, network] : member(member(value, "NetworkSettings"), "Networks").items()) {
    container.networks[name] = {.network_id = text(network, "NetworkID"),
                                .ip_address = text(network, "IPAddress"),
                                .aliases = detail::texts(network, "Aliases")};
  }
  container.mounts = parse_mounts(member(value, "Mounts"));
  return container;
}

// Stop and restart answer when the container has ended, so their limit of time follows the grace.
Result<void> send_with_grace(const Client& client, std::string_view container, std::string_view action,
                             std::optional<std::chrono::seconds> grace, std::stop_token stop) {
  Call call{.method = "POST", .path = container_path(container) / action};
  if (grace) call.query = {{"t", std::to_string(grace->count())}};
  call.timeout = grace ? std::chrono::milliseconds(*grace) + std::chrono::seconds(60) : std::chrono::minutes(10);
  return client.send_only(call, std::move(stop));
}

// The engine answers 500 for a port that is taken, and says so only in words.
Error start_error(Error error) {
  const bool port_taken = error.message.find("port is already allocated") != std::string::npos ||
                          error.message.find("address already in use") != std::string::npos;
  if (error.kind == ErrorKind::failed && port_taken) error.kind = ErrorKind::conflict;
  return error;
}

std::string_view name_of(WaitCondition condition) {
  switch (condition) {
    case WaitCondition::next_exit:
      return "next-exit";
    case WaitCondition::removed:
      return "removed";
    case WaitCondition::not_running:
      break;
  }
  return "not-running";
}

}  // namespace

Result<std::vector<ContainerSummary>> list_containers(const Client& client, const std::vector<std::string>& labels,
                                                      std::stop_token stop, bool all) {
  const Call call{.path = ApiPath("/containers/json"),
                  .query = {{"all", all ? "1" : "0"}, {"filters", filters_json({{"label", labels}})}}};
  const auto rows = client.send_list(call, std::move(stop));
  if (!rows) return std::unexpected(rows.error());
  std::vector<ContainerSummary> out;
  for (const auto& row : *rows) out.push_back(parse_summary(row));
  return out;
}

Result<Json> describe_container(const Client& client, std::string_view container, std::stop_token stop) {
  return client.send_object({.path = container_path(container) / "json"}, std::move(stop));
}

Result<Container> inspect_container(const Client& client, std::string_view container, std::stop_token stop) {
  return client.send_parsed({.path = container_path(container) / "json"}, parse_container, std::move(stop));
}

Result<CreatedContainer> create_container(const Client& client, std::string_view name, const Json& body,
                                          std::stop_token stop, std::string_view platform) {
  Call call{
      .method = "POST", .path = ApiPath("/containers/create"), .query = {{"name", std::string(name)}}, .json = body};
  if (!platform.empty()) call.query.emplace_back("platform", platform);
  const auto answer = client.send_object(call, std::move(stop));
  if (!answer) return std::unexpected(answer.error());
  if (text(*answer, "Id").empty()) return Client::wrong_answer(call, "an object with an Id");
  return CreatedContainer{.id = text(*answer, "Id"), .warnings = detail::texts(*answer, "Warnings")};
}

Result<void> start_container(const Client& client, std::string_view container, std::stop_token stop) {
  auto started = client.send_only({.method = "POST", .path = container_path(container) / "start"}, std::move(stop));
  if (!started) return std::unexpected(start_error(std::move(started.error())));
  return {};
}

Result<void> stop_container(const Client& client, std::string_view container, std::optional<std::chrono::seconds> grace,
                            std::stop_token stop) {
  return send_with_grace(client, container, "stop", grace, std::move(stop));
}

Result<void> kill_container(const Client& client, std::string_view container, std::string_view signal,
                            std::stop_token stop) {
  return client.send_only(
      {.method = "POST", .path = container_path(container) / "kill", .query = {{"signal", std::string(signal)}}},
      std::move(stop));
}

Result<void> pause_container(const Client& client, std::string_view container, std::stop_token stop) {
  return client.send_only({.method = "POST", .path = container_path(container) / "pause"}, std::move(stop));
}

Result<void> unpause_container(const Client& client, std::string_view container, std::stop_token stop) {
  return client.send_only({.method = "POST", .path = container_path(container) / "unpause"}, std::move(stop));
}

Result<void> restart_container(const Client& client, std::string_view container,
                               std::optional<std::chrono::seconds> grace, std::stop_token stop) {
  return send_with_grace(client, container, "restart", grace, std::move(stop));
}

Result<void> remove_container(const Client& client, std::string_view container, RemoveOptions options,
                              std::stop_token stop) {
  const Call call{.method = "DELETE",
                  .path = container_path(container),
                  .query = {{"force", options.force ? "1" : "0"}, {"v", options.volumes ? "1" : "0"}}};
  return client.send_only(call, std::move(stop));
}

Result<void> rename_container(const Client& client, std::string_view container, std::string_view new_name,
                              std::stop_token stop) {
  return client.send_only(
      {.method = "POST", .path = container_path(container) / "rename", .query = {{"name", std::string(new_name)}}},
      std::move(stop));
}

Result<WaitResult> wait_container(const Client& client, std::string_view container, WaitCondition condition,
                                  std::chrono::milliseconds timeout, std::stop_token stop) {
  const Call call{.method = "POST",
                  .path = container_path(container) / "wait",
                  .query = {{"condition", std::string(name_of(condition))}},
                  .timeout = timeout};
  const auto answer = client.send_object(call, std::move(stop));
  if (!answer && answer.error().kind == ErrorKind::timeout) {
    return failure(ErrorKind::timeout, fmt::format("container {} did not reach '{}' within {} ms", container,
                                                   name_of(condition), timeout.count()));
  }
  if (!answer) return std::unexpected(answer.error());
  return WaitResult{.exit_code = static_cast<int>(integer(*answer, "StatusCode")),
                    .error = text(member(*answer, "Error"), "Message")};
}

Result<void> put_archive(const Client& client, std::string_view container, std::string_view path, std::string_view tar,
                         std::stop_token stop) {
  const Call call{.method = "PUT",
                  .path = container_path(container) / "archive",
                  .query = {{"path", std::string(path)}},
                  .headers = {{"Content-Type", "application/x-tar"}},
                  .upload = [tar](std::span<char> buffer) mutable -> Result<std::size_t> {
                    const auto count = tar.copy(buffer.data(), buffer.size());
                    tar.remove_prefix(count);
                    return count;
                  }};
  return client.send_only(call, std::move(stop));
}

}  // namespace saasctl::engine
