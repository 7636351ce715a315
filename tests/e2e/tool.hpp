// Running the tool as a user would.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "paths.hpp"
#include "util/process.hpp"

namespace saasctl::test {

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

using Variables = std::map<std::string, std::string>;

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

inline std::vector<std::string> command_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SAASCTL_PROGRAM);
  return arguments;
}

// Waits for the end. Fails the test when the tool hangs.
inline Outcome run_tool(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  ProcessOptions options;
  options.environment = variables;
  options.timeout = std::chrono::minutes(10);
  auto result = run_process(command_of(arguments), options, {});
  if (!result) FAIL(result.error().message);
  return {result->exit_code, std::move(result->standard_output), std::move(result->standard_error)};
}

// The tool at work, to be sent signals. What it prints goes to `output`, what it says to `messages`; it is killed when
// the test leaves it behind.
class RunningTool {
 public:
  RunningTool(const std::vector<std::string>& arguments, const Variables& variables,
              const std::filesystem::path& output = "/dev/null", const std::filesystem::path& messages = "/dev/null") {
    const auto words = command_of(arguments);
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    std::vector<std::string> entries;
    for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
    for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
    std::vector<char*> envp;
    for (auto& entry : entries) envp.push_back(entry.data());
    envp.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages.c_str(), O_WRONLY | O_CREAT, 0600);
    const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("posix_spawn");
  }
  RunningTool(const RunningTool&) = delete;
  RunningTool& operator=(const RunningTool&) = delete;
  ~RunningTool() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void send(int signal) const { ::kill(pid_, signal); }

  // The exit code, 128 + signal number when a signal ended it.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace saasctl::test
