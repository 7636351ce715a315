// The two ways to have an image built. Private to this room.
#pragma once

#include <expected>
#include <filesystem>
#include <stop_token>
#include <string>

#include "build/build.hpp"

namespace saasctl::build {

// What build_image() has found to be in order before anything is sent.
struct CheckedRequest {
  const BuildRequest& request;
  std::filesystem::path context;     // absolute; empty when the context is remote
  std::filesystem::path dockerfile;  // absolute; as the request has it when the context is remote
};

// The Dockerfile of a context, whether it exists or not. One of the default name may be written in lower case, as
// buildx has it.
std::filesystem::path find_dockerfile(const std::filesystem::path& context, const std::filesystem::path& name);

using BuildOutcome = std::expected<BuildResult, BuildError>;

// BuildKit, which fetches what it needs over a session.
BuildOutcome build_with_buildkit(const engine::Client& client, const CheckedRequest& checked, const ProgressSink& sink,
                                 std::stop_token stop);

// The classic builder (Podman), which takes a tar and tells its progress in words.
BuildOutcome build_classic(const engine::Client& client, const CheckedRequest& checked, const ProgressSink& sink,
                           std::stop_token stop);

}  // namespace saasctl::build
