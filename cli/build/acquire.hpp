// Getting the images of a project: pulled when missing, built when there is no other way.
// Source: Compose specification, build.md, "Using build and image".
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "build/build.hpp"
#include "engine/client.hpp"
#include "project/project.hpp"
#include "stack/interpolate.hpp"

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

enum class ImageState { working, done, unchanged, failed };

// What happens to an image. Called from several threads, one call at a time for each image.
struct ImageEvent {
  std::string image;
  ImageState state;
  std::string text;  // "pulling", "[build 3/9] RUN cmake …", "built in 12.1s"
};
using ImageSink = std::function<void(const ImageEvent&)>;

struct AcquireError : BuildError {
  std::string image;
};

// Gets every image, several at once; the first failure stops the rest. `environment` gives build secrets that come from
// variables. Errors: failed, not_found, interrupted, no_engine.
std::expected<void, AcquireError> acquire_images(const engine::Client& client, const project::Project& project,
                                                 const AcquireOptions& options, const ImageSink& sink,
                                                 std::stop_token stop);

}  // namespace saasctl::build
