// Commands inside running containers. Source: Docker Engine API 1.41, "Exec".
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/client.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

struct ExecOptions {
  std::string user = {};                      // empty: the container's
  std::string working_directory = {};         // empty: the container's
  std::vector<std::string> environment = {};  // NAME=value, added to the container's
  std::chrono::milliseconds timeout{30'000};
  std::size_t max_output = std::size_t{1} << 20;  // bytes kept of each stream; the rest is dropped
  bool tty = false;                               // everything is then standard output
  bool privileged = false;
};

struct ExecResult {
  int exit_code = 0;
  std::string standard_output;
  std::string standard_error;
};

// Runs `arguments` without a shell and waits for its end. Any exit code is a success here (126 and 127: the program
// could not be started). conflict: the container does not run. On timeout and interruption the command goes on inside
// the container: the API has no call that ends it.
Result<ExecResult> exec_run(const Client& client, std::string_view container, const std::vector<std::string>& arguments,
                            const ExecOptions& options, std::stop_token stop);

}  // namespace saasctl::engine
