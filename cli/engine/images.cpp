#include "engine/images.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/json.hpp"
#include "engine/json_lines.hpp"

namespace saasctl::engine {
namespace {

ApiPath image_path(std::string_view image) {
  return ApiPath("/images").image(image);
}

Image parse_image(const nlohmann::json& value) {
  const auto& config = detail::member(value, "Config");
  return {.id = detail::text(value, "Id"),
          .tags = detail::texts(value, "RepoTags"),
          .digests = detail::texts(value, "RepoDigests"),
          .size = detail::integer(value, "Size"),
          .architecture = detail::text(value, "Architecture"),
          .os = detail::text(value, "Os"),
          .created = detail::timestamp(value, "Created"),
          .last_tagged = detail::timestamp(detail::member(value, "Metadata"), "LastTagTime"),
          .labels = detail::text_map(config, "Labels"),
          .user = detail::text(config, "User"),
          .exposed_ports = detail::keys(config, "ExposedPorts"),
          .volumes = detail::keys(config, "Volumes"),
          .config = config};
}

Error transfer_error(std::string_view verb, std::string_view reference, const std::string& message) {
  const bool unknown = message.find("not found") != std::string::npos ||
                       message.find("manifest unknown") != std::string::npos ||
                       message.find("does not exist") != std::string::npos;
  return {unknown ? ErrorKind::not_found : ErrorKind::failed,
          fmt::format("cannot {} {}: {}", verb, reference, message)};
}

PullProgress parse_progress(const nlohmann::json& line) {
  const auto& detail = detail::member(line, "progressDetail");
  return {.layer = detail::text(line, "id"),
          .status = detail::text(line, "status"),
          .current = detail::integer(detail, "current"),
          .total = detail::integer(detail, "total")};
}

Call pull_call(std::string_view reference, const PullOptions& options) {
  const auto [name, tag] = split_reference(reference);
  Call call{.method = "POST",
            .path = ApiPath("/images/create"),
            .query = {{"fromImage", name}, {"tag", tag}},
            .timeout = std::chrono::milliseconds(0),
            .idle_timeout = most_transfer_silence};
  if (!options.platform.empty()) call.query.emplace_back("platform", options.platform);
  if (options.credentials) call.headers = {{"X-Registry-Auth", registry_auth_header(*options.credentials)}};
  return call;
}

// A pull or push that fails after its start says so only in a line of its stream.
// True: its stream has a line with the final status.
Result<bool> transfer(const Client& client, Call call, const std::function<void(const PullProgress&)>& progress,
                      const std::function<Error(const std::string&)>& error_of, std::stop_token stop) {
  std::string error;
  bool concluded = false;
  JsonLines lines([&](const nlohmann::json& line) {
    if (error.empty()) error = detail::text(detail::member(line, "errorDetail"), "message");
    if (error.empty()) error = detail::text(line, "error");
    if (error.empty() && progress) progress(parse_progress(line));
    if (detail::text(line, "status").starts_with("Status: ")) concluded = true;
    return true;
  });
  Result<bool> framing;
  call.on_data = [&](std::string_view bytes) {
    framing = lines.feed(bytes);
    return framing.has_value();
  };
  const auto response = client.send(call, std::move(stop));
  const auto kind = response ? ErrorKind::failed : response.error().kind;
  if (kind == ErrorKind::interrupted || kind == ErrorKind::no_engine || kind == ErrorKind::timeout)
    return std::unexpected(response.error());
  if (!response) return std::unexpected(error_of(response.error().message));
  if (!framing) return std::unexpected(framing.error());
  if (!error.empty()) return std::unexpected(error_of(error));
  return concluded;
}

}  // namespace

Result<Image> inspect_image(const Client& client, std::string_view image, std::stop_token stop) {
  return client.send_parsed({.path = image_path(image) / "json"}, parse_image, std::move(stop));
}

Result<std::vector<ImageSummary>> list_images(const Client& client, const std::vector<std::string>& labels,
                                              std::stop_token stop) {
  const Call call{.path = ApiPath("/images/json"), .query = {{"filters", filters_json({{"label", labels}})}}};
  const auto answer = client.send(call, std::move(stop));
  if (!answer) return std::unexpected(answer.error());
  const auto rows = detail::parse(answer->body);
  // Engines with the containerd store answer null when they have none (moby v24, daemon/containerd/image_list.go).
  const bool is_list = rows.is_null() || (rows.is_array() && std::ranges::all_of(rows, &nlohmann::json::is_object));
  if (!is_list) return Client::wrong_answer(call, "a list of JSON objects");
  std::vector<ImageSummary> out;
  for (const auto& row : rows) {
    out.push_back({.id = detail::text(row, "Id"),
                   .tags = detail::texts(row, "RepoTags"),
                   .labels = detail::text_map(row, "Labels"),
                   .size = detail::integer(row, "Size")});
  }
  return out;
}

Result<void> pull_image(const Client& client, std::string_view reference, const PullOptions& options,
                        std::stop_token stop) {
  const auto concluded = transfer(
      client, pull_call(reference, options), options.progress,
      [&](const std::string& message) { return transfer_error("pull", reference, message); }, stop);
  if (!concluded) return std::unexpected(concluded.error());
  if (*concluded) return {};
  // Podman ends without a status line, and so does an engine that stops in the middle.
  const auto image = inspect_image(client, reference, std::move(stop));
  if (image) return {};
  if (image.error().kind != ErrorKind::not_found) return std::unexpected(image.error());
  return failure(
      fmt::format("cannot pull {}: the engine ended the pull without a result, and the image is missing", reference),
      "run the command again; the engine's own log has the reason");
}

Result<void> push_image(const Client& client, std::string_view reference, const PushOptions& options,
                        std::stop_token stop) {
  const auto [name, tag] = split_reference(reference);
  // The engine wants the header of anonymous users too.
  const auto auth = registry_auth_header(options.credentials.value_or(RegistryCredentials{}));
  const Call call{.method = "POST",
                  .path = image_path(name) / "push",
                  .query = {{"tag", tag}},
                  .headers = {{"X-Registry-Auth", auth}},
                  .timeout = std::chrono::milliseconds(0),
                  .idle_timeout = most_transfer_silence};
  const auto concluded = transfer(
      client, call, options.progress,
      [&](const std::string& message) { return transfer_error("push", reference, message); }, std::move(stop));
  if (!concluded) return std::unexpected(concluded.error());
  return {};
}

Result<void> tag_image(const Client& client, std::string_view image, std::string_view reference, std::stop_token stop) {
  const auto [name, tag] = split_reference(reference);
  const Call call{.method = "POST", .path = image_path(image) / "tag", .query = {{"repo", name}, {"tag", tag}}};
  return client.send_only(call, std::move(stop));
}

Result<void> remove_image(const Client& client, std::string_view image, bool force, std::stop_token stop) {
  const Call call{.method = "DELETE", .path = image_path(image), .query = {{"force", force ? "1" : "0"}}};
  return client.send_only(call, std::move(stop));
}

std::pair<std::string, std::string> split_reference(std::string_view reference) {
  if (const auto at = reference.find('@'); at != std::string_view::npos) {
    return {std::string(reference.substr(0, at)), std::string(reference.substr(at + 1))};
  }
  const auto colon = reference.rfind(':');
  const auto slash = reference.rfind('/');
  const bool is_tag = colon != std::string_view::npos && (slash == std::string_view::npos || slash < colon);
  if (!is_tag) return {std::string(reference), "latest"};
  return {std::string(reference.substr(0, colon)), std::string(reference.substr(colon + 1))};
}

std::string registry_host(std::string_view reference) {
  const auto slash = reference.find('/');
  const auto first = reference.substr(0, slash);
  const bool is_host =
      slash != std::string_view::npos && (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  return is_host ? std::string(first) : "docker.io";
}

std::string full_reference(std::string_view reference) {
  auto [name, tag] = split_reference(reference);
  const auto host = registry_host(name);
  if (name.starts_with(host + "/")) name.erase(0, host.size() + 1);
  if (host == "docker.io" && name.find('/') == std::string::npos) name.insert(0, "library/");
  return host + "/" + name + (tag.find(':') == std::string::npos ? ":" : "@") + tag;
}

std::string short_reference(std::string_view reference) {
  for (const std::string_view prefix : {"docker.io/library/", "docker.io/"}) {
    if (reference.starts_with(prefix)) return std::string(reference.substr(prefix.size()));
  }
  return std::string(reference);
}

}  // namespace saasctl::engine
