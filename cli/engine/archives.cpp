#include "engine/archives.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/json.hpp"
#include "util/digest.hpp"

namespace saasctl::engine {
namespace {

Call archive_call(std::string method, std::string_view container, const std::string& path) {
  return {
      .method = std::move(method), .path = ApiPath("/containers") / container / "archive", .query = {{"path", path}}};
}

// The answer to HEAD has no body that could say what is missing.
Error missing(Error error, std::string_view container, const std::string& path) {
  if (error.kind == ErrorKind::not_found) error.message = fmt::format("there is no {} in {}", path, container);
  return error;
}

}  // namespace

Result<PathStat> stat_path(const Client& client, std::string_view container, const std::string& path,
                           std::stop_token stop) {
  const auto answer = client.send(archive_call("HEAD", container, path), std::move(stop));
  if (!answer) return std::unexpected(missing(answer.error(), container, path));
  const auto text = base64_decode(answer->header("X-Docker-Container-Path-Stat").value_or(""));
  const auto json = detail::parse(text.value_or(""));
  if (json.is_discarded()) return failure(fmt::format("the engine does not say what {} in {} is", path, container));
  return PathStat{.name = detail::text(json, "name"),
                  .size = detail::integer(json, "size"),
                  .mode = static_cast<std::uint32_t>(detail::integer(json, "mode")),
                  .link_target = detail::text(json, "linkTarget")};
}

Result<void> get_archive(const Client& client, std::string_view container, const std::string& path,
                         const std::function<bool(std::string_view)>& sink, std::stop_token stop) {
  auto call = archive_call("GET", container, path);
  call.on_data = sink;
  call.timeout = std::chrono::milliseconds(0);
  call.idle_timeout = most_silence;
  auto done = client.send_only(call, std::move(stop));
  if (!done) return std::unexpected(missing(std::move(done.error()), container, path));
  return done;
}

Result<void> put_archive_stream(const Client& client, std::string_view container, const std::string& path,
                                const std::function<Result<std::size_t>(std::span<char>)>& read, Replace replace,
                                std::stop_token stop) {
  auto call = archive_call("PUT", container, path);
  if (replace == Replace::same_kind) call.query.emplace_back("noOverwriteDirNonDir", "true");
  call.headers = {{"Content-Type", "application/x-tar"}};
  call.upload = read;
  call.timeout = std::chrono::milliseconds(0);
  call.idle_timeout = most_silence;
  return client.send_only(call, std::move(stop));
}

}  // namespace saasctl::engine
