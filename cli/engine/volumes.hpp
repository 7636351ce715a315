// Volumes. Source: Docker Engine API 1.41, "Volumes". Errors are those of Client::send.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/client.hpp"
#include "engine/time.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

struct Volume {
  std::string name;
  std::string driver;
  std::string mountpoint;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> options;
  std::optional<Timestamp> created;
};

// Volumes that carry every label of `labels` ("key" or "key=value").
Result<std::vector<Volume>> list_volumes(const Client& client, const std::vector<std::string>& labels,
                                         std::stop_token stop);

Result<Volume> inspect_volume(const Client& client, std::string_view name, std::stop_token stop);

// `body` is the API's VolumeCreate object. A volume of that name that exists already is returned as it is.
Result<Volume> create_volume(const Client& client, const nlohmann::json& body, std::stop_token stop);

// conflict: a container uses it.
Result<void> remove_volume(const Client& client, std::string_view name, bool force, std::stop_token stop);

}  // namespace saasctl::engine
