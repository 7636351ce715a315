// The parameters of POST /build for a request, and what its stream of lines says. Pure. Private to this room.
// Source: Docker Engine API 1.41, "Image build".
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "build/build.hpp"
#include "engine/client.hpp"

namespace saasctl::build {

// Parameters that both builders know. `dockerfile` is the name by which the builder finds it.
engine::Parameters build_parameters(const BuildRequest& request, const std::string& dockerfile);

// Hosts as a Docker Engine takes them, a parameter each, and as Podman does, as one list in JSON. Source: moby/moby
// daemon/server/router/build and containers/podman pkg/api/handlers/compat/images_build.go.
engine::Parameters host_parameters(const BuildRequest& request, bool podman);

// What the request asks for and an engine of that version does not do, one sentence each. Source: Docker Engine API
// 1.44; moby/moby 25.0 passes shmsize and ulimits on to BuildKit.
std::vector<std::string> without_effect(const BuildRequest& request, engine::ApiVersion version);

// Entries of build.cache_from.
struct CacheSources {
  std::vector<std::string> references;      // images: "REF" and "type=registry,ref=REF"
  std::vector<std::string> without_effect;  // entries of other types, as they are written
};

// Source: docs.docker.com, "Cache storage backends".
CacheSources parse_cache_from(const std::vector<std::string>& entries);

// The message of a line that says the build failed; nothing for other lines.
std::optional<std::string> error_of(const nlohmann::json& line);

// The number in "… exit code: 2" or "… returned a non-zero code: 2".
std::optional<int> exit_code_of(std::string_view message);

// The number in "dockerfile parse error line 3: …" or "… on line 3: …".
std::optional<int> dockerfile_line_of(std::string_view message);

// The message without the words in which BuildKit's layers wrap each other and without paths of the engine's own
// temporary folders.
std::string without_wrapping(std::string_view message);

// Whether no step that makes layers had to run: all RUN, COPY and the like were cached.
bool all_cached(const std::vector<Step>& steps);

// What is known of a step that failed.
struct FailedStep {
  std::string name = {};  // empty: no step failed
  std::vector<std::string> lines = {};
  std::vector<std::string> first_errors = {};
};

// The error for a failed build. `dockerfile` is its text, in which the place is looked up; empty when it is not known.
BuildError build_error(const BuildRequest& request, FailedStep step, const std::string& message,
                       std::string_view dockerfile = {});

}  // namespace saasctl::build
