// An HTTP/1.1 server (RFC 9110, RFC 9112) for one thread: limits, timeouts, keep-alive, draining.
// It knows nothing of routes, traces or metrics.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <string>

#include "common/core/http_message.hpp"
#include "common/runtime/asio.hpp"

namespace saasctl::services {

struct ServerLimits {
  std::uint32_t header_bytes = 16 * 1024;  // beyond: 431
  std::size_t body_bytes = 64 * 1024;      // beyond: 413
  std::chrono::seconds idle{30};           // until a request's header is complete
  std::chrono::seconds body{10};           // for reading a body, beyond: 408
  std::chrono::seconds write{10};          // for sending an answer
  std::size_t connections = 512;           // beyond: closed at once
};

class HttpServer {
 public:
  using Handler = std::function<Task<Response>(Request)>;
  // Told of requests refused before there was anything to hand to the handler.
  using RefusalObserver = std::function<void(int status)>;

  HttpServer(asio::io_context& loop, ServerLimits limits, Handler handler, RefusalObserver on_refusal);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  // Binds all IPv4 interfaces and begins to accept. The error says which port and why.
  [[nodiscard]] std::expected<void, std::string> listen(std::uint16_t port);

  // Accepts no more, closes connections between requests, and answers what is in flight with Connection: close.
  void drain();

  // Connections still busy with a request.
  [[nodiscard]] std::size_t in_flight() const;

 private:
  struct Connection;

  Task<void> accept_connections();
  Task<void> serve(asio::ip::tcp::socket socket);
  Task<bool> serve_one(Connection& connection);

  asio::io_context& loop_;
  ServerLimits limits_;
  Handler handler_;
  RefusalObserver on_refusal_;
  asio::ip::tcp::acceptor acceptor_;
  std::list<Connection*> connections_;  // each lives in its coroutine and takes itself out
  bool draining_ = false;
};

}  // namespace saasctl::services
