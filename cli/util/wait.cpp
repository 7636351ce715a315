#include "util/wait.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <system_error>

namespace saasctl {

StopSignal::StopSignal(std::stop_token stop)
    : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), stop_(std::move(stop)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  callback_.emplace(stop_, Wake{this});
}

StopSignal::~StopSignal() {
  callback_.reset();
  ::close(descriptor_);
}

void StopSignal::wake() const noexcept {
  const std::uint64_t one = 1;
  // The only possible failure is a full counter, and a full counter is readable.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

bool StopSignal::wait_for(std::chrono::milliseconds time) const {
  const auto deadline = std::chrono::steady_clock::now() + time;
  for (;;) {
    pollfd entry{descriptor_, POLLIN, 0};
    const int ready = ::poll(&entry, 1, poll_timeout(deadline));
    if (ready == 0) return false;
    if (ready > 0 || errno != EINTR) return true;
  }
}

void StopSignal::clear() const noexcept {
  std::uint64_t count = 0;
  // The only possible failure is a counter that is zero already.
  [[maybe_unused]] const auto read = ::read(descriptor_, &count, sizeof count);
}

Deadline deadline_after(std::chrono::milliseconds timeout) {
  if (timeout.count() <= 0) return std::nullopt;
  return std::chrono::steady_clock::now() + timeout;
}

int poll_timeout(const Deadline& deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

void pause(std::chrono::milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wakes;
  std::unique_lock lock(mutex);
  wakes.wait_for(lock, stop, duration, [] { return false; });
}

Result<void> wait_ready(int descriptor, short events, const Deadline& deadline, const StopSignal& stop) {
  for (;;) {
    if (stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    std::array<pollfd, 2> entries{pollfd{descriptor, events, 0}, pollfd{stop.descriptor(), POLLIN, 0}};
    const int ready = ::poll(entries.data(), entries.size(), poll_timeout(deadline));
    if (ready < 0 && errno != EINTR) return failure(fmt::format("cannot wait: {}", std::strerror(errno)));
    if (ready == 0) return failure(ErrorKind::timeout, "timed out");
    if (ready > 0 && entries[0].revents != 0) return {};
    if (ready > 0 && entries[1].revents != 0) return failure(ErrorKind::interrupted, "interrupted");
  }
}

}  // namespace saasctl
