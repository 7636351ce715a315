// The terminal of whoever runs us, handed over to a program elsewhere.
// Source: POSIX.1-2017, termios; Linux signalfd(2), tty_ioctl(4).
#pragma once

#include <termios.h>

#include <mutex>
#include <optional>
#include <stop_token>

namespace saasctl::terminal {

struct WindowSize {
  unsigned rows = 0;
  unsigned columns = 0;
};

// Nothing when the descriptor is no terminal.
std::optional<WindowSize> window_size(int descriptor);

// While it lives, keys go to the reader as they are typed, Ctrl-C included, and nothing is echoed. The earlier mode is
// back after the destructor, or as soon as the token is set, whatever the process is doing then. Does nothing to a
// descriptor that is no terminal.
class RawMode {
 public:
  RawMode(int descriptor, std::stop_token stop);
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  ~RawMode();

 private:
  struct Restore {
    RawMode* mode;
    void operator()() const noexcept { mode->restore(); }
  };
  void restore() noexcept;

  int descriptor_;
  std::mutex mutex_;
  std::optional<termios> earlier_;
  std::optional<std::stop_callback<Restore>> callback_;
};

// A descriptor that becomes readable whenever the terminal's size changes. SIGWINCH must be blocked in every thread.
class SizeChanges {
 public:
  // Throws std::system_error when the system has no descriptors left.
  SizeChanges();
  SizeChanges(const SizeChanges&) = delete;
  SizeChanges& operator=(const SizeChanges&) = delete;
  ~SizeChanges();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace saasctl::terminal
