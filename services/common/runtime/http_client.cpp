#include "common/runtime/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "common/runtime/http_exchange.hpp"
#include "common/runtime/resolver.hpp"

namespace saasctl::services {

namespace {

using asio::ip::tcp;

constexpr std::size_t kIdlePerHost = 8;

Task<std::expected<tcp::socket, CallError>> connect(const Call& call, Deadline deadline) {
  const auto addresses = co_await resolve(call.url.host, deadline);
  if (!addresses) co_return std::unexpected(CallError{CallError::Kind::unreachable, addresses.error()});
  std::vector<tcp::endpoint> endpoints;
  for (const auto& address : *addresses) endpoints.emplace_back(address, call.url.port);
  tcp::socket socket(co_await asio::this_coro::executor);
  const auto [error, endpoint] = co_await asio::async_connect(socket, endpoints, until(deadline));
  if (error) co_return std::unexpected(call_error(call, error));
  boost::system::error_code ignored;  // only a matter of speed
  socket.set_option(tcp::no_delay(true), ignored);
  co_return socket;
}

// Between calls a server has nothing to say: bytes or an end of file mean that it closed.
bool is_stale(tcp::socket& socket) {
  boost::system::error_code error;
  socket.non_blocking(true, error);
  char byte = 0;
  socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  return error != asio::error::would_block;
}

}  // namespace

struct HttpClient::Idle {
  tcp::socket socket;
};

HttpClient::HttpClient() = default;
HttpClient::HttpClient(SecureCall secure_call) : secure_call_(std::move(secure_call)) {}
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Idle> HttpClient::take_idle(const std::string& authority) {
  auto& connections = idle_[authority];
  while (!connections.empty()) {
    auto connection = std::move(connections.back());
    connections.pop_back();
    if (!is_stale(connection->socket)) return connection;
  }
  return nullptr;
}

Task<CallResult> HttpClient::plain_call(Call call) {
  const Deadline deadline(call.timeout);
  const std::string authority = call.url.authority();
  for (;;) {
    std::unique_ptr<Idle> connection = take_idle(authority);
    const bool reused = connection != nullptr;
    if (!reused) {
      auto socket = co_await connect(call, deadline);
      if (!socket) co_return std::unexpected(socket.error());
      connection = std::make_unique<Idle>(Idle{std::move(*socket)});
    }
    auto done = co_await exchange(connection->socket, call, deadline);
    if (done) {
      auto& idle = idle_[authority];
      if (done->keep_alive && idle.size() < kIdlePerHost) idle.push_back(std::move(connection));
      co_return std::move(done->answer);
    }
    const bool again = reused && call.repeatable && done.error().before_answer;
    if (!again) co_return std::unexpected(done.error().error);
  }
}

Task<CallResult> HttpClient::call(Call call) {
  if (!call.url.secure) co_return co_await plain_call(std::move(call));
  if (!secure_call_) {
    co_return std::unexpected(
        CallError{CallError::Kind::protocol, call.url.authority() + ": https is not supported here"});
  }
  co_return co_await secure_call_(std::move(call));
}

Task<CallResult> HttpClient::call(Call call, const Span& parent) {
  Span span = parent.child(call.method, SpanKind::client);
  span.set("http.request.method", call.method);
  span.set("url.full", call.url.text());
  span.set("server.address", call.url.host);
  span.set("server.port", std::int64_t{call.url.port});
  call.headers.push_back({"traceparent", format_traceparent(span.context())});
  if (!span.context().tracestate.empty()) call.headers.push_back({"tracestate", span.context().tracestate});
  auto result = co_await this->call(std::move(call));
  if (!result) {
    span.set("error.type", std::string(result.error().kind == CallError::Kind::timed_out ? "timeout" : "connection"));
    span.fail(result.error().message);
    co_return result;
  }
  span.set("http.response.status_code", std::int64_t{result->status});
  if (result->status >= 400) {
    span.set("error.type", std::to_string(result->status));
    span.fail("");
  }
  co_return result;
}

}  // namespace saasctl::services
