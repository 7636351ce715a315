#include "build/build.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "build/builders.hpp"
#include "build/ignore.hpp"
#include "util/text.hpp"

namespace saasctl::build {
namespace {

bool is_file(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

std::unexpected<BuildError> refused(Fault fault, std::string message, std::string hint) {
  return std::unexpected(BuildError{{fault, std::move(message), std::move(hint)}});
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
  return std::nullopt;
}

std::expected<CheckedRequest, BuildError> check(const BuildRequest& request) {
  std::error_code error;
  CheckedRequest checked{.request = request,
                         .context = std::filesystem::absolute(request.context, error).lexically_normal(),
                         .dockerfile = {}};
  if (!std::filesystem::is_directory(checked.context, error)) {
    return refused(Fault::not_found, fmt::format("the build context {} is no folder", checked.context.string()),
                   "check 'build.context'; it is relative to the stack file");
  }
  checked.dockerfile = (checked.context / request.dockerfile).lexically_normal();
  if (!is_file(checked.dockerfile)) {
    return refused(Fault::not_found, fmt::format("there is no Dockerfile {}", checked.dockerfile.string()),
                   "check 'build.dockerfile'; it is relative to the build context");
  }
  for (const auto& [id, secret] : request.secrets) {
    if (secret.required && !is_file(secret.file)) {
      return refused(Fault::not_found,
                     fmt::format("the file of build secret '{}' is missing: {}", id, secret.file.string()),
                     "make the file, or mark the secret as not required");
    }
  }
  if (const auto wrong = not_utf8(request)) {
    return refused(Fault::usage, *wrong + " is not UTF-8", "look for such bytes in the variables that it comes from");
  }
  // The builder reads the ignore file itself; a bad pattern is told here with its line, before anything is sent.
  const auto ignored = read_ignore_patterns(checked.context, checked.dockerfile);
  if (!ignored) return std::unexpected(BuildError{ignored.error()});
  return checked;
}

}  // namespace

std::expected<BuildResult, BuildError> build_image(const engine::Client& client, const BuildRequest& request,
                                                   const ProgressSink& sink, std::stop_token stop) {
  const auto checked = check(request);
  if (!checked) return std::unexpected(checked.error());
  return client.has_buildkit() ? build_with_buildkit(client, *checked, sink, std::move(stop))
                               : build_classic(client, *checked, sink, std::move(stop));
}

}  // namespace saasctl::build
