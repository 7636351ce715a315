// What happens to the images of a project while they are got, for whoever shows it.
#pragma once

#include <functional>
#include <string>
#include <variant>

namespace saasctl::build {

enum class ImageState { working, done, unchanged, failed };

// What has become of an image.
struct ImageEvent {
  std::string image;
  ImageState state;
  std::string text;  // "pulling", "built in 12.1s"
};

// What is being done at present, for a line that is written over: "[build 3/9] RUN cmake …".
struct ImageNow {
  std::string image;
  std::string text;
};

enum class ImageStepState { begun, done, cached, failed };

// A step of a build has begun or ended.
struct ImageStep {
  std::string image;
  std::string step;
  ImageStepState state;
  double seconds = 0;  // that it took; 0 when it has begun or was cached
};

// A line that a step wrote.
struct ImageOutput {
  std::string image;
  std::string step;
  std::string line;
};

// What the user should know although nothing failed.
struct ImageWarning {
  std::string image;
  std::string text;
};

using ImageProgress = std::variant<ImageEvent, ImageNow, ImageStep, ImageOutput, ImageWarning>;

// Called from several threads, one call at a time for each image.
using ImageSink = std::function<void(const ImageProgress&)>;

}  // namespace saasctl::build
