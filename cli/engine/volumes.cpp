#include "engine/volumes.hpp"

#include "engine/json.hpp"

namespace saasctl::engine {
namespace {

ApiPath volume_path(std::string_view name) {
  return ApiPath("/volumes") / name;
}

Volume parse_volume(const nlohmann::json& value) {
  return {.name = detail::text(value, "Name"),
          .driver = detail::text(value, "Driver"),
          .mountpoint = detail::text(value, "Mountpoint"),
          .labels = detail::text_map(value, "Labels"),
          .options = detail::text_map(value, "Options"),
          .created = detail::timestamp(value, "CreatedAt")};
}

}  // namespace

Result<std::vector<Volume>> list_volumes(const Client& client, const std::vector<std::string>& labels,
                                         std::stop_token stop) {
  const Call call{.path = ApiPath("/volumes"), .query = {{"filters", filters_json({{"label", labels}})}}};
  const auto answer = client.send_object(call, std::move(stop));
  if (!answer) return std::unexpected(answer.error());
  // An engine without volumes may answer null (moby, volume_backend.go), but the member is always there.
  const auto rows = answer->find("Volumes");
  if (rows == answer->end() || !(rows->is_array() || rows->is_null()))
    return Client::wrong_answer(call, "a list of volumes");
  std::vector<Volume> out;
  for (const auto& row : *rows) out.push_back(parse_volume(row));
  return out;
}

Result<Volume> inspect_volume(const Client& client, std::string_view name, std::stop_token stop) {
  return client.send_parsed({.path = volume_path(name)}, parse_volume, std::move(stop));
}

Result<Volume> create_volume(const Client& client, const nlohmann::json& body, std::stop_token stop) {
  const Call call{.method = "POST", .path = ApiPath("/volumes/create"), .json = body};
  return client.send_parsed(call, parse_volume, std::move(stop));
}

Result<void> remove_volume(const Client& client, std::string_view name, bool force, std::stop_token stop) {
  const Call call{.method = "DELETE", .path = volume_path(name), .query = {{"force", force ? "1" : "0"}}};
  return client.send_only(call, std::move(stop));
}

}  // namespace saasctl::engine
