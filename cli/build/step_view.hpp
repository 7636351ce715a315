// Makes of BuildKit's progress what is shown of one image: which step runs, how each of them ended, what it wrote.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "build/image_progress.hpp"
#include "build/progress.hpp"

namespace saasctl::build {

// One thread at a time. `sink` must outlive it.
class StepView {
 public:
  StepView(std::string image, const ImageSink& sink) : image_(std::move(image)), sink_(sink) {}

  void take(const Progress& progress);

 private:
  void changed(const Step& step);
  void ended(const Step& step, bool was_running);
  void show_running();

  std::string image_;
  const ImageSink& sink_;
  std::vector<Step> running_;                                            // in the order in which they began
  std::map<std::string, std::string> names_;                             // of steps, by digest
  using Amount = std::pair<std::int64_t, std::int64_t>;                  // done and, when known, in all
  std::map<std::string, std::map<std::string, Amount>> transfers_ = {};  // of running steps, by digest and id
  std::string shown_;
};

}  // namespace saasctl::build
