#include "measure.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>

namespace saasctl::bench {
namespace {

// A file without a name for what the program writes; closed with the object.
class Output {
 public:
  Output()
      : descriptor_(::open(std::filesystem::temp_directory_path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

  std::string end() const {
    constexpr off_t most = 2000;
    const off_t size = ::lseek(descriptor_, 0, SEEK_END);
    std::string text(static_cast<std::size_t>(std::min(size, most)), '\0');
    const auto read = ::pread(descriptor_, text.data(), text.size(), std::max<off_t>(0, size - most));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read)));
    return text;
  }

 private:
  int descriptor_;
};

std::vector<std::string> entries_of(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  for (const auto& [name, value] : variables) {
    std::erase_if(entries, [&](const auto& entry) { return entry.starts_with(name + "="); });
    entries.push_back(name + "=" + value);
  }
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

Result<pid_t> spawn(const Command& command, int output) {
  auto words = command.words;
  auto entries = entries_of(command.variables);
  auto argv = pointers(words);
  auto envp = pointers(entries);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return failure("cannot run " + command.words[0] + ": " + std::strerror(error));
  return pid;
}

}  // namespace

Result<Measured> measure(const Command& command) {
  const Output output;
  if (output.descriptor() < 0) return failure("cannot make a temporary file");
  const auto start = std::chrono::steady_clock::now();
  const auto pid = spawn(command, output.descriptor());
  if (!pid) return std::unexpected(pid.error());
  int status = 0;
  rusage used{};
  while (::wait4(*pid, &status, 0, &used) < 0) {
    if (errno != EINTR) return failure("cannot wait for " + command.words[0]);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string line;
    for (const auto& word : command.words) line += word + " ";
    return failure("failed: " + line + "\n" + output.end());
  }
  // Linux counts ru_maxrss in KiB: getrusage(2).
  return Measured{took.count(), static_cast<double>(used.ru_maxrss) * 1024 / 1e6};
}

Statistics statistics(std::vector<double> values) {
  std::ranges::sort(values);
  const auto middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

}  // namespace saasctl::bench
