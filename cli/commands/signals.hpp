// SIGINT, SIGTERM and SIGHUP as a stop token.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "util/wait.hpp"

namespace saasctl::commands {

// While it lives, the first SIGINT, SIGTERM or SIGHUP sets the token and a second one ends the process at once, unless
// somebody holds it. Must be made before any other thread, which then inherit the blocked signals. SIGWINCH is blocked
// as well: whoever wants to know of it asks a descriptor (terminal::SizeChanges), and a signal that any thread let in
// would be lost to it.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  // Set by the second signal.
  std::stop_token urgent() const { return urgent_.get_token(); }
  // The signal that came first, 0 when none did.
  int received() const { return received_; }

  // While one lives, a second signal sets urgent() and ends the process only when the last one has gone, or after some
  // seconds in which the engine did not answer. For work that must be cleaned up. Null: no signals, nothing to hold.
  class Hold {
   public:
    explicit Hold(const Signals* signals);
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold();

   private:
    const Signals* signals_;
  };

 private:
  void serve(int descriptor, const StopSignal& ended, const std::stop_token& stop);
  // Returns when nobody holds the process any more, or it ends by itself.
  void await_release(const std::stop_token& stop);

  std::stop_source source_;
  std::stop_source urgent_;
  std::atomic<int> received_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable_any released_;
  mutable int holds_ = 0;  // guarded by the mutex
  std::jthread thread_;    // last: it uses what stands above
};

}  // namespace saasctl::commands
