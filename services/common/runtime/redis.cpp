#include "common/runtime/redis.hpp"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

#include "common/runtime/resolver.hpp"

namespace saasctl::services::redis {

namespace {

using asio::ip::tcp;

constexpr std::size_t kConnections = 4;
constexpr std::chrono::milliseconds kPatience{2000};

}  // namespace

class Connection {
 public:
  explicit Connection(tcp::socket socket) : socket_(std::move(socket)) {}

  Task<Result<std::vector<Reply>>> exchange(std::vector<Command> commands, Deadline deadline) {
    usable_ = false;  // until every reply has been read
    std::string request;
    for (const Command& command : commands) resp::encode(request, command);
    const auto [error, written] = co_await asio::async_write(socket_, asio::buffer(request), until(deadline));
    if (error) co_return std::unexpected(error.message());
    std::vector<Reply> replies;
    while (replies.size() < commands.size()) {
      auto reply = co_await read(deadline);
      if (!reply) co_return std::unexpected(reply.error());
      replies.push_back(std::move(*reply));
    }
    usable_ = true;
    co_return replies;
  }

  [[nodiscard]] bool usable() const { return usable_; }

  [[nodiscard]] bool is_stale() {
    boost::system::error_code error;
    socket_.non_blocking(true, error);
    char byte = 0;
    socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error != asio::error::would_block;
  }

 private:
  Task<Result<Reply>> read(Deadline deadline) {
    for (;;) {
      auto reply = reader_.next();
      if (!reply) co_return std::unexpected(reply.error());
      if (*reply) co_return std::move(**reply);
      std::array<char, 4096> chunk{};
      const auto [error, size] = co_await socket_.async_read_some(asio::buffer(chunk), until(deadline));
      if (error) co_return std::unexpected(error.message());
      reader_.feed({chunk.data(), size});
    }
  }

  tcp::socket socket_;
  resp::Reader reader_;
  bool usable_ = true;
};

Client::Client(const RedisSettings& settings) : settings_(settings), pool_(kConnections) {}
Client::~Client() = default;

Task<Result<std::unique_ptr<Connection>>> Client::open(Deadline deadline) {
  const auto addresses = co_await resolve(settings_.host, deadline);
  if (!addresses) co_return std::unexpected(addresses.error());
  std::vector<tcp::endpoint> endpoints;
  for (const auto& address : *addresses) endpoints.emplace_back(address, settings_.port);
  tcp::socket socket(co_await asio::this_coro::executor);
  const auto [error, endpoint] = co_await asio::async_connect(socket, endpoints, until(deadline));
  if (error) {
    co_return std::unexpected(settings_.host + ":" + std::to_string(settings_.port) + ": " + error.message());
  }
  auto connection = std::make_unique<Connection>(std::move(socket));
  if (settings_.password.empty()) co_return connection;
  std::vector<Command> login{{"AUTH", std::string(settings_.password.reveal())}};
  const auto replies = co_await connection->exchange(std::move(login), deadline);
  if (!replies) co_return std::unexpected(replies.error());
  if (const auto* refused = std::get_if<resp::ServerError>(&replies->front()))
    co_return std::unexpected(refused->message);
  co_return connection;
}

Task<Result<std::vector<Reply>>> Client::run(std::vector<Command> commands) {
  const Deadline deadline(kPatience);
  for (;;) {
    auto lease = co_await pool_.acquire(deadline);
    if (!lease) co_return std::unexpected("all connections to Redis are in use");
    std::unique_ptr<Connection>& connection = lease->connection();
    if (connection && connection->is_stale()) connection.reset();
    const bool reused = connection != nullptr;
    if (!reused) {
      auto opened = co_await open(deadline);
      if (!opened) co_return std::unexpected(opened.error());
      connection = std::move(*opened);
    }
    auto replies = co_await connection->exchange(commands, deadline);
    if (!connection->usable()) connection.reset();
    if (!replies && reused && !deadline.passed()) continue;
    if (!replies) co_return replies;
    for (const Reply& reply : *replies) {
      if (const auto* refused = std::get_if<resp::ServerError>(&reply)) co_return std::unexpected(refused->message);
    }
    co_return replies;
  }
}

Task<Result<std::vector<Reply>>> Client::run(std::vector<Command> commands, const Span& parent) {
  const std::string operation = commands.front().front();
  Span span = parent.child(operation, SpanKind::client);
  span.set("db.system.name", std::string("redis"));
  span.set("db.operation.name", operation);
  if (commands.size() > 1) span.set("db.operation.batch.size", static_cast<std::int64_t>(commands.size()));
  span.set("server.address", settings_.host);
  span.set("server.port", std::int64_t{settings_.port});
  auto replies = co_await run(std::move(commands));
  if (!replies) {
    span.set("error.type", std::string("redis"));
    span.fail(replies.error());
  }
  co_return replies;
}

Task<Result<void>> Client::ping() {
  std::vector<Command> commands{{"PING"}};
  const auto replies = co_await run(std::move(commands));
  if (!replies) co_return std::unexpected(replies.error());
  co_return Result<void>();
}

void Client::add_metrics(Metrics& metrics) const {
  metrics.add("redis_pool_connections", "Connections to Redis.", Metrics::Type::gauge,
              {{"state=\"idle\"", [this] { return static_cast<double>(pool_.idle()); }},
               {"state=\"used\"", [this] { return static_cast<double>(pool_.leased()); }}});
}

}  // namespace saasctl::services::redis
