// Networks. Source: Docker Engine API 1.41, "Networks". `network` is an id or a name; errors are those of Client::send.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/client.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

struct Network {
  std::string id;
  std::string name;
  std::string driver;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> options;
  bool internal = false;
  bool attachable = false;
  bool ipv6 = false;
  nlohmann::json ipam;                            // IPAM as the engine gave it
  std::map<std::string, std::string> containers;  // id to name; filled by inspect_network only
};

// Networks that carry every label of `labels` ("key" or "key=value").
Result<std::vector<Network>> list_networks(const Client& client, const std::vector<std::string>& labels,
                                           std::stop_token stop);

Result<Network> inspect_network(const Client& client, std::string_view network, std::stop_token stop);

// `body` is the API's NetworkCreate object with Name; returns the id. conflict: the name is taken (we always ask the
// engine to check).
Result<std::string> create_network(const Client& client, const nlohmann::json& body, std::stop_token stop);

// conflict (or failed on older engines): containers still use it.
Result<void> remove_network(const Client& client, std::string_view network, std::stop_token stop);

// `endpoint` is the API's EndpointSettings (Aliases, IPAMConfig …), may be an empty object.
Result<void> connect_network(const Client& client, std::string_view network, std::string_view container,
                             const nlohmann::json& endpoint, std::stop_token stop);

// Also of a stopped container, whose record of the network may be out of date. not_found: it is not attached, on some
// engines.
Result<void> disconnect_network(const Client& client, std::string_view network, std::string_view container,
                                std::stop_token stop);

}  // namespace saasctl::engine
