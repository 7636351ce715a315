// A bounded set of connections to one server. Belongs to the event loop's thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/runtime/asio.hpp"

namespace saasctl::services {

template <class Connection>
class BoundedPool {
 public:
  explicit BoundedPool(std::size_t capacity) : capacity_(capacity) {}
  BoundedPool(const BoundedPool&) = delete;
  BoundedPool& operator=(const BoundedPool&) = delete;

  // The right to one connection. Empty at first use: the holder puts an open connection in; what is there when the
  // lease ends is kept for the next holder.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->give_back(std::move(connection_));
    }

    [[nodiscard]] std::unique_ptr<Connection>& connection() { return connection_; }

   private:
    friend class BoundedPool;
    Lease(BoundedPool& pool, std::unique_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    BoundedPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // nullopt when the deadline passes before one is free. Served in the order of asking.
  [[nodiscard]] Task<std::optional<Lease>> acquire(Deadline deadline) {
    if (leased_ == capacity_) {
      const auto waiter = waiters_.emplace(waiters_.end(), co_await asio::this_coro::executor, deadline.left());
      co_await waiter->timer.async_wait(kAsTuple);
      const bool granted = waiter->granted;
      waiters_.erase(waiter);
      if (!granted) co_return std::nullopt;
    } else {
      ++leased_;
    }
    co_return Lease(*this, take_idle());
  }

  [[nodiscard]] std::size_t idle() const { return idle_.size(); }
  [[nodiscard]] std::size_t leased() const { return leased_; }
  [[nodiscard]] std::size_t waiting() const { return waiters_.size(); }

 private:
  struct Waiter {
    Waiter(asio::any_io_executor executor, asio::steady_timer::duration patience) : timer(executor, patience) {}
    asio::steady_timer timer;
    // Told apart from the timer's own expiry: both may happen in the same turn of the loop.
    bool granted = false;
  };

  std::unique_ptr<Connection> take_idle() {
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void give_back(std::unique_ptr<Connection> connection) {
    if (connection) idle_.push_back(std::move(connection));
    for (Waiter& waiter : waiters_) {
      if (waiter.granted) continue;
      waiter.granted = true;  // the right passes on; leased_ stays
      waiter.timer.cancel();
      return;
    }
    --leased_;
  }

  std::size_t capacity_;
  std::size_t leased_ = 0;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::list<Waiter> waiters_;
};

}  // namespace saasctl::services
