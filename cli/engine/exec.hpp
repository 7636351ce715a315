// Commands inside running containers. Source: Docker Engine API 1.41, "Exec".
#pragma once

#include <chrono>
#include <optional>
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
  bool input = false;                             // attach standard input; of exec_attach() only
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

// Makes a command ready to be started; its id. conflict: the container does not run.
Result<std::string> exec_create(const Client& client, std::string_view container,
                                const std::vector<std::string>& arguments, const ExecOptions& options,
                                std::stop_token stop);

// Starts it with its streams on the connection: raw with a terminal, else as Demultiplexer reads them.
Result<http::Upgraded> exec_attach(const Client& client, std::string_view exec, bool tty, std::stop_token stop);

// Starts it and leaves it to itself.
Result<void> exec_detached(const Client& client, std::string_view exec, bool tty, std::stop_token stop);

// The size of its terminal. An error as long as it has not begun.
Result<void> exec_resize(const Client& client, std::string_view exec, unsigned rows, unsigned columns,
                         std::stop_token stop);

// Of a command whose streams have ended: the engine may need a moment to see the end itself. timeout: it did not.
Result<int> exec_exit_code(const Client& client, std::string_view exec, std::stop_token stop);

// 126 or 127 for an error of creating or starting that says the program could not be started; nothing for any other.
// Which of its reasons come as errors and which in the command's own output differs from engine to engine.
std::optional<int> exec_start_failure(const Error& error);

}  // namespace saasctl::engine
