// What a run of the plan found: the one value that every report format is made of. No secret is in it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace saasctl::verify {

enum class Status {
  passed,
  failed,   // what was found is not what the plan expects
  skipped,  // not tried: a value it needs is missing, or the run was interrupted
  error,    // could not be tried: no engine, no connection, no such container
};

std::string_view to_string(Status status);

// One expectation that does not hold.
struct Finding {
  std::string expected;
  std::string got;
  std::string where;  // "stack.yaml:120"
};

struct StepResult {
  std::string name;
  std::string where;  // "stack.yaml:118"
  Status status = Status::passed;
  std::chrono::nanoseconds duration{};
  std::vector<Finding> findings = {};     // of a failed step; empty otherwise
  std::string message = {};               // of an error or a skipped step: why, in one line
  std::vector<std::string> hints = {};    // where to look, what to do
  std::vector<std::string> details = {};  // what was done and what came back
};

struct Report {
  std::string project;
  std::chrono::system_clock::time_point started{};
  std::chrono::nanoseconds duration{};
  std::vector<StepResult> steps;
  bool interrupted = false;  // the stop token was set; the remaining steps are skipped

  std::size_t count(Status status) const;
  // All steps passed. An empty plan has.
  bool passed() const;
};

}  // namespace saasctl::verify
