// Getting the images of a project: pulled when missing, built when there is no other way.
// Source: Compose specification, build.md, "Using build and image".
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "build/build.hpp"
#include "build/image_progress.hpp"
#include "engine/client.hpp"
#include "project/project.hpp"
#include "yaml/interpolate.hpp"

namespace saasctl::build {

enum class Acquire {
  missing,  // for `up`: only images that are not there
  update,   // for `build`: also build again what was built here; a pulled image of a service with image and build stays
  build,    // for `build SERVICE`: build whatever has a build section
};

struct AcquireOptions {
  Acquire what = Acquire::missing;
  std::vector<std::string> services = {};  // empty: all
  bool no_cache = false;
  bool pull_bases = false;                   // ask for newer base images
  std::filesystem::path docker_config = {};  // folder of config.json
};

struct AcquireError : BuildError {
  std::string image = {};
  std::string service = {};  // whose image it is; empty when the error is of no single one
};

// Gets every image, as many at once as COMPOSE_PARALLEL_LIMIT of the project's variables says; the first failure stops
// the rest. Each image is got once, by the service that builds it if there is one. A build whose Dockerfile names the
// image of another one waits for that; if its service was not asked for it is brought up to date first. Values of
// variables (secrets, proxies, SSH_AUTH_SOCK, SOURCE_DATE_EPOCH) come from the project's variables and docker's
// configuration. Errors: usage (a build section that the engine's builder cannot carry out, builds that stand on each
// other in a circle), failed, not_found, interrupted, no_engine.
std::expected<void, AcquireError> acquire_images(const engine::Client& client, const project::Project& project,
                                                 const AcquireOptions& options, const ImageSink& sink,
                                                 std::stop_token stop);

}  // namespace saasctl::build
