#include "common/runtime/http_server.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace saasctl::services {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Parser = http::request_parser<http::string_body>;
using Message = http::response<http::string_body>;

Request to_request(http::request<http::string_body>&& message, const std::string& peer) {
  Request request;
  request.method = message.method_string();
  const std::string_view target = message.target();
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  for (const auto& field : message) {
    request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  request.body = std::move(message.body());
  request.peer_address = peer;
  return request;
}

Message to_message(Response&& response, bool keep_alive, bool head) {
  Message message(static_cast<http::status>(response.status), 11);
  for (const Header& header : response.headers) message.set(header.name, header.value);
  message.keep_alive(keep_alive);
  const bool bodiless = response.status == 204 || response.status == 304;
  if (bodiless) return message;
  message.set(http::field::content_type, response.content_type);
  message.content_length(response.body.size());
  if (!head) message.body() = std::move(response.body);
  return message;
}

// What to answer when reading failed; status 0: nothing, the peer is gone or was merely idle.
Response refusal(const boost::system::error_code& error, bool in_body) {
  if (error == http::error::body_limit) return error_response(413, "body_too_large", "The body is too large.");
  if (error == http::error::header_limit) return error_response(431, "header_too_large", "The header is too large.");
  if (error == asio::error::operation_aborted && in_body)
    return error_response(408, "timeout", "The body did not arrive in time.");
  const bool malformed = error.category() == make_error_code(http::error::bad_version).category();
  if (malformed && error != http::error::end_of_stream && error != http::error::partial_message) {
    return error_response(400, "bad_request", "This is not a valid HTTP/1.1 request: " + error.message());
  }
  return {.status = 0, .headers = {}, .body = {}};
}

}  // namespace

struct HttpServer::Connection {
  Connection(tcp::socket accepted, std::string peer_address)
      : socket(std::move(accepted)), peer(std::move(peer_address)) {}
  tcp::socket socket;
  beast::flat_buffer buffer;
  std::string peer;
  bool busy = false;
};

HttpServer::HttpServer(asio::io_context& loop, ServerLimits limits, Handler handler, RefusalObserver on_refusal)
    : loop_(loop), limits_(limits), handler_(std::move(handler)), on_refusal_(std::move(on_refusal)), acceptor_(loop) {}

HttpServer::~HttpServer() = default;

std::expected<void, std::string> HttpServer::listen(std::uint16_t port) {
  const tcp::endpoint endpoint(tcp::v4(), port);
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::socket::max_listen_connections, error);
  if (error) return std::unexpected("cannot listen on port " + std::to_string(port) + ": " + error.message());
  asio::co_spawn(loop_, accept_connections(), asio::detached);
  return {};
}

Task<void> HttpServer::accept_connections() {
  while (!draining_) {
    auto [error, socket] = co_await acceptor_.async_accept(kAsTuple);
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
    if (error) {  // out of descriptors, most likely: wait for some to come back rather than spin
      asio::steady_timer pause(loop_, std::chrono::milliseconds(100));
      co_await pause.async_wait(kAsTuple);
      continue;
    }
    if (connections_.size() < limits_.connections) asio::co_spawn(loop_, serve(std::move(socket)), asio::detached);
  }
}

Task<void> HttpServer::serve(tcp::socket socket) {
  boost::system::error_code error;
  socket.set_option(tcp::no_delay(true), error);
  const auto peer = socket.remote_endpoint(error);
  if (error) co_return;
  Connection connection(std::move(socket), peer.address().to_string());
  struct Registration {
    std::list<Connection*>& all;
    std::list<Connection*>::iterator place;
    ~Registration() { all.erase(place); }
  };
  const Registration registration{connections_, connections_.insert(connections_.end(), &connection)};
  while (!draining_ && co_await serve_one(connection)) {
  }
  connection.socket.shutdown(tcp::socket::shutdown_send, error);
}

// One request and its answer; false when the connection is to be closed.
Task<bool> HttpServer::serve_one(Connection& connection) {
  Parser parser;
  parser.header_limit(limits_.header_bytes);
  parser.body_limit(limits_.body_bytes);
  connection.busy = false;
  auto [error, header_size] = co_await http::async_read_header(connection.socket, connection.buffer, parser,
                                                               asio::cancel_after(limits_.idle, kAsTuple));
  connection.busy = true;
  const bool in_body = !error;
  if (!error && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    std::tie(error, std::ignore) = co_await asio::async_write(connection.socket, asio::buffer(kContinue),
                                                              asio::cancel_after(limits_.write, kAsTuple));
  }
  if (!error && !parser.is_done()) {
    std::tie(error, std::ignore) = co_await http::async_read(connection.socket, connection.buffer, parser,
                                                             asio::cancel_after(limits_.body, kAsTuple));
  }

  Response response;
  bool keep_alive = false;
  bool head = false;
  if (error) {
    response = refusal(error, in_body);
    if (response.status == 0) co_return false;
    on_refusal_(response.status);
  } else {
    keep_alive = parser.get().keep_alive();
    head = parser.get().method() == http::verb::head;
    response = co_await handler_(to_request(parser.release(), connection.peer));
  }
  keep_alive = keep_alive && !draining_;
  Message message = to_message(std::move(response), keep_alive, head);
  http::response_serializer<http::string_body> serializer(message);
  if (head) serializer.split(true);
  const auto in_time = asio::cancel_after(limits_.write, kAsTuple);
  const auto [unsent, written] = head ? co_await http::async_write_header(connection.socket, serializer, in_time)
                                      : co_await http::async_write(connection.socket, serializer, in_time);
  co_return !unsent && keep_alive;
}

void HttpServer::drain() {
  draining_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (Connection* connection : connections_) {
    if (!connection->busy) connection->socket.cancel(ignored);
  }
}

std::size_t HttpServer::in_flight() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const Connection* connection) { return connection->busy; }));
}

}  // namespace saasctl::services
