// SIGINT, SIGTERM and SIGHUP as a stop token.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace saasctl::commands {

// While it lives, the first SIGINT, SIGTERM or SIGHUP sets the token and a second one ends the process at once. Must be
// made before any other thread, which then inherit the blocked signals. SIGWINCH is blocked as well: whoever wants to
// know of it asks a descriptor (terminal::SizeChanges), and a signal that any thread let in would be lost to it.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  // The signal that came, 0 when none did.
  int received() const { return received_; }

 private:
  std::stop_source source_;
  std::atomic<int> received_{0};
  std::jthread thread_;
};

}  // namespace saasctl::commands
