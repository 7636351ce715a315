// The few names of Boost.Asio that everything asynchronous here is written with.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace saasctl::services {

namespace asio = boost::asio;

// A coroutine. Parameters are taken by value, or by reference to what outlives the co_await at the call.
template <class T>
using Task = asio::awaitable<T>;

// Completion token: the operation returns a tuple beginning with an error code and throws nothing.
inline constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// One limit for an undertaking of several steps.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds from_now) : at_(std::chrono::steady_clock::now() + from_now) {}

  // Never negative: an operation started too late is cancelled at once rather than waited for.
  [[nodiscard]] std::chrono::steady_clock::duration left() const {
    return std::max(std::chrono::steady_clock::duration::zero(), at_ - std::chrono::steady_clock::now());
  }
  [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() >= at_; }

 private:
  std::chrono::steady_clock::time_point at_;
};

// Completion token: as kAsTuple, and operation_aborted when the deadline passes first.
inline auto until(const Deadline& deadline) {
  return asio::cancel_after(deadline.left(), kAsTuple);
}

}  // namespace saasctl::services
