// Running another program and reading what it says.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace saasctl {

struct ProcessOptions {
  std::string input = {};                               // written to its standard input, which is then closed
  std::map<std::string, std::string> environment = {};  // added to the environment of this process
  std::chrono::milliseconds timeout{30'000};            // after it the child is killed
  std::size_t max_output = std::size_t{1} << 20;        // bytes kept of each stream; the rest is read and dropped
};

struct ProcessResult {
  int exit_code = 0;  // 128 + signal number when a signal ended it
  std::string standard_output;
  std::string standard_error;
};

// Runs `arguments[0]` (looked up in PATH when it has no slash) with the arguments after it, never through a shell, and
// waits for its end. Any exit code is a success here. Errors: not_found (no such program), timeout, interrupted (in
// both the child has been killed and reaped), failed. Safe to call from several threads.
Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const ProcessOptions& options,
                                  std::stop_token stop);

}  // namespace saasctl
