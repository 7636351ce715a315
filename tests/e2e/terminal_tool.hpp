// The tool on a terminal of the test's own.
#pragma once

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <chrono>

#include "tool.hpp"

namespace saasctl::test {

// Killed when the test leaves it behind.
class TerminalTool {
 public:
  TerminalTool(const std::vector<std::string>& arguments, const Variables& variables) {
    winsize size{.ws_row = 30, .ws_col = 90, .ws_xpixel = 0, .ws_ypixel = 0};
    if (::openpty(&ours_, &theirs_, nullptr, nullptr, &size) != 0) throw std::runtime_error("openpty");
    ::tcgetattr(theirs_, &before_);
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
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::setsid();
      ::ioctl(theirs_, TIOCSCTTY, 0);
      for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(theirs_, descriptor);
      ::execve(argv[0], argv.data(), envp.data());
      ::_exit(127);
    }
  }
  TerminalTool(const TerminalTool&) = delete;
  TerminalTool& operator=(const TerminalTool&) = delete;
  ~TerminalTool() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(ours_);
    ::close(theirs_);
  }

  void type(const std::string& keys) const {
    if (::write(ours_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
      throw std::runtime_error("write");
  }

  void send(int signal) const { ::kill(pid_, signal); }

  // The terminal's window gets another size, which the tool is told by SIGWINCH.
  void resize(unsigned short rows, unsigned short columns) const {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(ours_, TIOCSWINSZ, &size);
  }

  // Waits until the text is on the screen, after what earlier calls waited for; false when it does not come in time.
  bool shows(const std::string& text, std::chrono::milliseconds time = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto found = screen_.find(text, seen_);
      if (found != std::string::npos) {
        seen_ = found + text.size();
        return true;
      }
      if (std::chrono::steady_clock::now() > deadline) return false;
      read_screen();
    }
  }

  const std::string& screen() const { return screen_; }

  // Whether the terminal is in the mode that it was in at first.
  bool is_as_before() const {
    termios now{};
    ::tcgetattr(theirs_, &now);
    return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag;
  }
  bool is_raw() const {
    termios now{};
    ::tcgetattr(theirs_, &now);
    return (now.c_lflag & (ICANON | ECHO | ISIG)) == 0;
  }

  // The exit code, 128 + signal number when a signal ended it.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0) read_screen();
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  void read_screen() {
    pollfd entry{ours_, POLLIN, 0};
    if (::poll(&entry, 1, 20) <= 0) return;
    std::array<char, 4096> buffer{};
    const auto count = ::read(ours_, buffer.data(), buffer.size());
    if (count > 0) screen_.append(buffer.data(), static_cast<std::size_t>(count));
  }

  int ours_ = -1;
  int theirs_ = -1;
  termios before_{};
  pid_t pid_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
};

}  // namespace saasctl::test
