#include "engine/networks.hpp"

#include "engine/json.hpp"

namespace saasctl::engine {
namespace {

ApiPath network_path(std::string_view network) {
  return ApiPath("/networks") / network;
}

Network parse_network(const nlohmann::json& value) {
  Network network{.id = detail::text(value, "Id"),
                  .name = detail::text(value, "Name"),
                  .driver = detail::text(value, "Driver"),
                  .labels = detail::text_map(value, "Labels"),
                  .options = detail::text_map(value, "Options"),
                  .internal = detail::boolean(value, "Internal"),
                  .attachable = detail::boolean(value, "Attachable"),
                  .ipv6 = detail::boolean(value, "EnableIPv6"),
                  .ipam = detail::member(value, "IPAM"),
                  .containers = {}};
  for (const auto& [id, container] : detail::member(value, "Containers").items()) {
    network.containers[id] = detail::text(container, "Name");
  }
  return network;
}

// 403 (failed) is what engines before 1.47 answer for a network in use.
Error removal_error(Error error) {
  if (error.message.find("has active endpoints") != std::string::npos) error.kind = ErrorKind::conflict;
  return error;
}

}  // namespace

Result<std::vector<Network>> list_networks(const Client& client, const std::vector<std::string>& labels,
                                           std::stop_token stop) {
  const Call call{.path = ApiPath("/networks"), .query = {{"filters", filters_json({{"label", labels}})}}};
  const auto rows = client.send_list(call, std::move(stop));
  if (!rows) return std::unexpected(rows.error());
  std::vector<Network> out;
  for (const auto& row : *rows) out.push_back(parse_network(row));
  return out;
}

Result<Network> inspect_network(const Client& client, std::string_view network, std::stop_token stop) {
  return client.send_parsed({.path = network_path(network)}, parse_network, std::move(stop));
}

Result<std::string> create_network(const Client& client, const nlohmann::json& body, std::stop_token stop) {
  auto checked = body;
  checked["CheckDuplicate"] = true;  // before API 1.44 two networks may have the same name
  const Call call{.method = "POST", .path = ApiPath("/networks/create"), .json = std::move(checked)};
  return client.send_for_id(call, std::move(stop));
}

Result<void> remove_network(const Client& client, std::string_view network, std::stop_token stop) {
  auto removed = client.send_only({.method = "DELETE", .path = network_path(network)}, std::move(stop));
  if (!removed) return std::unexpected(removal_error(std::move(removed.error())));
  return {};
}

Result<void> connect_network(const Client& client, std::string_view network, std::string_view container,
                             const nlohmann::json& endpoint, std::stop_token stop) {
  const Call call{.method = "POST",
                  .path = network_path(network) / "connect",
                  .json = nlohmann::json{{"Container", std::string(container)}, {"EndpointConfig", endpoint}}};
  return client.send_only(call, std::move(stop));
}

Result<void> disconnect_network(const Client& client, std::string_view network, std::string_view container,
                                std::stop_token stop) {
  const Call call{.method = "POST",
                  .path = network_path(network) / "disconnect",
                  .json = nlohmann::json{{"Container", std::string(container)}, {"Force", true}}};
  return client.send_only(call, std::move(stop));
}

}  // namespace saasctl::engine
