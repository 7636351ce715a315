#include "build/build.hpp"

#include <fmt/format.h>

#include <cctype>
#include <optional>
#include <string>

#include "build/build_call.hpp"
#include "build/builders.hpp"
#include "build/ignore.hpp"
#include "util/text.hpp"

namespace saasctl::build {
namespace {

bool is_file(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

std::unexpected<BuildError> refused(ErrorKind kind, std::string message, std::string hint) {
  return std::unexpected(BuildError{{kind, std::move(message), std::move(hint)}});
}

// The engine takes these as JSON, which is UTF-8; they may come from variables. The name of the first that is not.
std::optional<std::string> not_utf8(const BuildRequest& request) {
  for (const auto* map : {&request.args, &request.labels}) {
    for (const auto& [name, value] : *map) {
      if (find_invalid_utf8(name) || find_invalid_utf8(value))
        return fmt::format("the build {} {}", map == &request.args ? "argument" : "label", name);
    }
  }
  for (const auto& source : request.cache_from) {
    if (find_invalid_utf8(source)) return "an entry of cache_from";
  }
  for (const auto& host : request.extra_hosts) {
    if (find_invalid_utf8(host)) return "an entry of extra_hosts";
  }
  return std::nullopt;
}

std::expected<void, BuildError> check_secrets(const BuildRequest& request) {
  for (const auto& [id, secret] : request.secrets) {
    std::error_code error;
    if (secret.content || is_file(secret.file)) continue;
    if (std::filesystem::is_directory(secret.file, error)) {
      return refused(ErrorKind::failed, fmt::format("build secret '{}' is a folder: {}", id, secret.file.string()),
                     "name a file under secrets in the stack file");
    }
    if (std::filesystem::is_fifo(secret.file, error)) {
      return refused(ErrorKind::failed, fmt::format("build secret '{}' is a pipe: {}", id, secret.file.string()),
                     "write its text to a regular file");
    }
    // A device can be read as well.
    if (std::filesystem::exists(secret.file, error) || !secret.required) continue;
    return refused(ErrorKind::not_found,
                   fmt::format("the file of build secret '{}' is missing: {}", id, secret.file.string()),
                   "create the file");
  }
  return {};
}

std::expected<void, BuildError> check_agents(const BuildRequest& request) {
  for (const auto& [id, path] : request.ssh) {
    std::error_code error;
    if (std::filesystem::is_socket(path, error)) continue;
    if (!std::filesystem::exists(path, error)) {
      return refused(ErrorKind::not_found, fmt::format("the SSH agent '{}' is missing: {}", id, path.string()),
                     "start ssh-agent, or correct the path");
    }
    return refused(ErrorKind::failed, fmt::format("the SSH agent '{}' is not a socket: {}", id, path.string()),
                   "add the key to an agent with ssh-add, and name the agent's socket, or 'default'");
  }
  return {};
}

// Engines (Go's net/http) read 1 MiB of a request's head, in which all parameters of a build stand.
std::expected<void, BuildError> check_size(const BuildRequest& request) {
  constexpr std::size_t most = 1'000'000;
  std::size_t size = 0;
  for (const auto& [name, value] : build_parameters(request, "Dockerfile")) {
    size += name.size() + 2;
    for (const char c : value) size += std::isalnum(static_cast<unsigned char>(c)) != 0 ? 1 : 3;
  }
  if (size <= most) return {};
  return refused(
      ErrorKind::usage,
      fmt::format("the build arguments and labels are too large: {} bytes in the engine's encoding, of which "
                  "it reads {}",
                  size, most),
      "give large values as a file of the context, or as a build secret");
}

std::expected<CheckedRequest, BuildError> check(const BuildRequest& request) {
  std::error_code error;
  CheckedRequest checked{.request = request, .context = {}, .dockerfile = request.dockerfile};
  if (const auto wrong = not_utf8(request)) {
    return refused(ErrorKind::usage, *wrong + " is not UTF-8",
                   "look for such bytes in the variables that it comes from");
  }
  for (const auto& passed : {check_secrets(request), check_agents(request), check_size(request)}) {
    if (!passed) return std::unexpected(passed.error());
  }
  if (!request.remote.empty()) return checked;
  checked.context = std::filesystem::absolute(request.context, error).lexically_normal();
  if (!std::filesystem::is_directory(checked.context, error)) {
    return refused(ErrorKind::not_found, fmt::format("the build context {} is not a folder", checked.context.string()),
                   "check 'build.context'; it is relative to the stack file");
  }
  checked.dockerfile = find_dockerfile(checked.context, request.dockerfile);
  if (!is_file(checked.dockerfile)) {
    return refused(ErrorKind::not_found, fmt::format("Dockerfile {} does not exist", checked.dockerfile.string()),
                   "check 'build.dockerfile'; it is relative to the build context");
  }
  // The builder reads the ignore file itself; a bad pattern is told here with its line, before anything is sent.
  const auto ignored = read_ignore_patterns(checked.context, checked.dockerfile);
  if (!ignored) return std::unexpected(BuildError{ignored.error()});
  return checked;
}

}  // namespace

std::filesystem::path find_dockerfile(const std::filesystem::path& context, const std::filesystem::path& name) {
  const auto path = (context / name).lexically_normal();
  if (name == "Dockerfile" && !is_file(path) && is_file(context / "dockerfile")) return context / "dockerfile";
  return path;
}

std::expected<BuildResult, BuildError> build_image(const engine::Client& client, const BuildRequest& request,
                                                   const ProgressSink& sink, std::stop_token stop) {
  const auto checked = check(request);
  if (!checked) return std::unexpected(checked.error());
  return client.has_buildkit() ? build_with_buildkit(client, *checked, sink, std::move(stop))
                               : build_classic(client, *checked, sink, std::move(stop));
}

}  // namespace saasctl::build
