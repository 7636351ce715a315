// Building one image through the Engine API: POST /build with BuildKit and a session, the classic builder on Podman.
// Source: Docker Engine API 1.41, "Image build".
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "build/progress.hpp"
#include "engine/client.hpp"
#include "util/result.hpp"

namespace saasctl::build {

// Either a file, which is read when the builder asks for it, or bytes.
struct BuildSecret {
  std::filesystem::path file = {};
  bool required = true;  // false: a missing file is answered "not found", and the Dockerfile decides
  std::optional<std::string> content = std::nullopt;
};

struct BuildUlimit {
  std::string name;
  std::int64_t soft;
  std::int64_t hard;
};

struct BuildRequest {
  std::vector<std::string> tags;
  std::filesystem::path context = {};               // a folder
  std::string remote = {};                          // instead of it: a URL that the builder fetches (BuildKit only)
  std::filesystem::path dockerfile = "Dockerfile";  // relative to the context, or absolute, also outside of it
  std::string target = {};                          // empty: the last stage
  std::map<std::string, std::string> args = {};
  std::map<std::string, std::string> labels = {};
  std::string dockerfile_name = {};                       // what messages call it; empty: its path
  std::map<std::string, BuildSecret> secrets = {};        // by the id that the Dockerfile names
  std::map<std::string, std::filesystem::path> ssh = {};  // sockets of agents, by the id that the Dockerfile names
  std::vector<std::string> cache_from = {};               // references of images
  bool no_cache = false;
  bool pull = false;                          // ask the registry for newer base images
  std::string network = {};                   // of RUN steps: default, none, host; empty: the engine's default
  std::string platform = {};                  // "linux/amd64"; empty: the engine's own
  std::vector<std::string> extra_hosts = {};  // "name:address"
  std::int64_t shm_size = 0;                  // of /dev/shm in RUN steps, bytes; 0: the builder's own
  std::vector<BuildUlimit> ulimits = {};      // of RUN steps
  std::filesystem::path docker_config = {};   // folder of config.json with registry credentials; empty: anonymous
};

struct BuildResult {
  std::string image_id;            // "sha256:…"
  bool cached_everything = false;  // no RUN, COPY or ADD had to be carried out
  std::vector<BuildWarning> warnings;
};

// What went wrong in the build itself.
struct BuildFailure {
  static constexpr std::size_t shown_lines = 40;  // of `lines`, the last; first_errors are from before them

  std::string step;                            // "[build 2/5] RUN make"; empty when no step had begun
  std::vector<std::string> lines;              // the step's own last output
  std::optional<int> exit_code;                // of the step's command
  std::optional<int> line;                     // of the Dockerfile, when it is known
  std::vector<std::string> excerpt = {};       // of the Dockerfile around that line, with numbers
  std::vector<std::string> first_errors = {};  // what the step wrote first to its standard error, before `lines`
};

// The error's message is one line; `failure` is there when the builder, and not the way to it, failed.
struct BuildError : Error {
  std::optional<BuildFailure> failure = std::nullopt;
};

// Builds, tags and stores the image. May be called from several threads with one client. Cancellation closes the
// build's connection, which ends its running steps, then the session. Errors: not_found (no context, Dockerfile,
// required secret file or SSH agent; nothing has been sent), usage (a request larger than an engine reads), failed,
// interrupted, no_engine. On the classic builder secrets are an error; it takes no remote context and no agents.
std::expected<BuildResult, BuildError> build_image(const engine::Client& client, const BuildRequest& request,
                                                   const ProgressSink& sink, std::stop_token stop);

}  // namespace saasctl::build
