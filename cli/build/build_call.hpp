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

// The message of a line that says the build failed; nothing for other lines.
std::optional<std::string> error_of(const nlohmann::json& line);

// The number in "… exit code: 2" or "… returned a non-zero code: 2".
std::optional<int> exit_code_of(std::string_view message);

// The number in "dockerfile parse error line 3: …" or "… on line 3: …".
std::optional<int> dockerfile_line_of(std::string_view message);

// The message without the words in which BuildKit's layers wrap each other.
std::string without_wrapping(std::string_view message);

// Whether no step that makes layers had to run: all RUN, COPY and the like were cached.
bool all_cached(const std::vector<Step>& steps);

// The error for a failed build. `step` and `lines` are empty when no step failed.
BuildError build_error(const BuildRequest& request, std::string step, std::vector<std::string> lines,
                       const std::string& message);

}  // namespace saasctl::build
