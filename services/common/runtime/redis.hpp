// The service's Redis: a bounded pool of connections that heals by itself. Belongs to the event loop's thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "common/core/metrics.hpp"
#include "common/core/resp.hpp"
#include "common/core/service_settings.hpp"
#include "common/core/span.hpp"
#include "common/runtime/pool.hpp"

namespace saasctl::services::redis {

using resp::Command;
using resp::Reply;

// In words, for logs: no server reached in time, or the server's own refusal.
template <class T>
using Result = std::expected<T, std::string>;

class Connection;

class Client {
 public:
  // `settings` must outlive this object.
  explicit Client(const RedisSettings& settings);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // Sends the commands together and returns as many replies in their order, within 2 s. A reply of ServerError makes
  // the whole an error. A connection found dead before any reply is replaced once: the commands given must bear being
  // carried out twice. The span is `parent`'s child and named after the first command; arguments are not recorded.
  [[nodiscard]] Task<Result<std::vector<Reply>>> run(std::vector<Command> commands, const Span& parent);

  [[nodiscard]] Task<Result<void>> ping();

  void add_metrics(Metrics& metrics) const;

 private:
  Task<Result<std::vector<Reply>>> run(std::vector<Command> commands);
  Task<Result<std::unique_ptr<Connection>>> open(Deadline deadline);

  const RedisSettings& settings_;
  BoundedPool<Connection> pool_;
};

}  // namespace saasctl::services::redis
