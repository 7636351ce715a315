// What BuildKit tells about a running build, as a model and as events.
// Source: moby/buildkit api/services/control/control.proto, message StatusResponse, which the Engine sends base64-coded
// in lines with the id "moby.buildkit.trace".
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/time.hpp"
#include "util/result.hpp"

namespace saasctl::build {

using engine::Timestamp;

// A vertex of BuildKit's graph: "[build 2/5] RUN make".
struct Step {
  std::string digest;  // tells steps apart
  std::string name;
  bool cached = false;
  std::optional<Timestamp> started;
  std::optional<Timestamp> completed;
  std::string error;  // empty unless it failed or was cancelled
};

// A step began, ended, or was found in the cache. `step` is its whole present state.
struct StepChanged {
  Step step;
};

// One line that a step wrote, without its end.
struct StepOutput {
  std::string digest;
  bool standard_error = false;
  std::string line;
};

// How far a transfer or an extraction inside a step is.
struct StepTransfer {
  std::string digest;
  std::string id;  // tells the transfers of a step apart
  std::int64_t current = 0;
  std::int64_t total = 0;  // bytes or items; 0 when unknown
  bool completed = false;
};

// A finding of the builder about the Dockerfile.
struct BuildWarning {
  std::string digest;
  std::string message;
  std::vector<std::string> detail;
  std::string url;
};

using Progress = std::variant<StepChanged, StepOutput, StepTransfer, BuildWarning>;

// Called on the thread that builds, one event at a time.
using ProgressSink = std::function<void(const Progress&)>;

// Takes StatusResponse messages in and gives events out. One thread at a time; no I/O.
class ProgressModel {
 public:
  // Lines kept of each step for the report of its failure.
  static constexpr std::size_t kept_lines = 200;

  explicit ProgressModel(ProgressSink sink) : sink_(std::move(sink)) {}

  // Errors: failed for bytes that are no StatusResponse; events read before them stay given.
  Result<void> feed(std::string_view status_response);

  // Gives out lines that were left without a line end. Call once, after the build.
  void finish();

  // In the order in which BuildKit named them.
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<BuildWarning>& warnings() const { return warnings_; }

  // The step that failed, not those cancelled because of it; null when none did.
  const Step* failed_step() const;

  // The last lines a step wrote, oldest first.
  std::vector<std::string> last_lines(std::string_view digest) const;

  // Of the lines before the last `shown`: the first that the step wrote to its standard error, kept_errors at most.
  std::vector<std::string> first_errors(std::string_view digest, std::size_t shown) const;

  static constexpr std::size_t kept_errors = 10;

 private:
  struct Output {
    std::string partial[2];  // of standard output and standard error: bytes after the last line end
    std::deque<std::string> lines;
    std::size_t count = 0;                                    // of all lines
    std::vector<std::pair<std::size_t, std::string>> errors;  // the first of standard error, with their numbers
  };

  void add_step(std::string_view vertex);
  void add_transfer(std::string_view status);
  void add_output(std::string_view log);
  void add_warning(std::string_view warning);
  void emit_line(const std::string& digest, Output& output, bool standard_error, std::string line);

  ProgressSink sink_;
  std::vector<Step> steps_;
  std::map<std::string, std::size_t, std::less<>> index_;  // digest to position in steps_
  std::map<std::string, Output, std::less<>> outputs_;
  std::vector<BuildWarning> warnings_;
};

}  // namespace saasctl::build
