// Waiting on file descriptors so that a deadline or a stop token ends it.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "util/result.hpp"

namespace saasctl {

// A descriptor that becomes readable, and stays so, once the token is set or wake() was called: one more entry for
// poll(2). wake() may be called from any thread.
class StopSignal {
 public:
  explicit StopSignal(std::stop_token stop);
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();

  int descriptor() const { return descriptor_; }
  bool stop_requested() const { return stop_.stop_requested(); }
  void wake() const noexcept;

  // Sleeps; true as soon as the token is set or wake() was called, false when `time` has passed.
  bool wait_for(std::chrono::milliseconds time) const;

  // Takes earlier wake() calls back; a token that is set stays visible in stop_requested() only.
  void clear() const noexcept;

 private:
  struct Wake {
    const StopSignal* signal;
    void operator()() const noexcept { signal->wake(); }
  };

  int descriptor_;
  std::stop_token stop_;
  std::optional<std::stop_callback<Wake>> callback_;
};

// A point in time after which waiting ends; nothing means never.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

// `timeout` from now; 0 or less means never.
Deadline deadline_after(std::chrono::milliseconds timeout);

// What is left for poll(2): -1 for no deadline, else milliseconds rounded up, never negative.
int poll_timeout(const Deadline& deadline);

// Sleeps unless the token is set first.
void pause(std::chrono::milliseconds duration, const std::stop_token& stop);

// Waits until `descriptor` has one of `events` (POLLIN, POLLOUT) or an error. Errors: timeout, interrupted, failed.
Result<void> wait_ready(int descriptor, short events, const Deadline& deadline, const StopSignal& stop);

}  // namespace saasctl
