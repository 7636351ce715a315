#include "common/runtime/tls_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "common/runtime/http_exchange.hpp"
#include "common/runtime/resolver.hpp"

namespace saasctl::services {

namespace {

namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

constexpr const char* kCertificates = "/etc/ssl/certs/ca-certificates.crt";

CallError tls_error(const Call& call, const std::string& message) {
  return {CallError::Kind::protocol, call.url.authority() + ": TLS: " + message};
}

}  // namespace

Task<CallResult> secure_call(Call call) {
  const Deadline deadline(call.timeout);
  ssl::context context(ssl::context::tls_client);
  boost::system::error_code error;
  context.load_verify_file(kCertificates, error);
  if (error) co_return std::unexpected(tls_error(call, std::string(kCertificates) + ": " + error.message()));
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context.set_verify_mode(ssl::verify_peer);

  const auto addresses = co_await resolve(call.url.host, deadline);
  if (!addresses) co_return std::unexpected(CallError{CallError::Kind::unreachable, addresses.error()});
  std::vector<tcp::endpoint> endpoints;
  for (const auto& address : *addresses) endpoints.emplace_back(address, call.url.port);
  ssl::stream<tcp::socket> stream(co_await asio::this_coro::executor, context);
  const auto [unconnected, endpoint] = co_await asio::async_connect(stream.next_layer(), endpoints, until(deadline));
  if (unconnected) co_return std::unexpected(call_error(call, unconnected));

  stream.set_verify_callback(ssl::host_name_verification(call.url.host));
  if (SSL_set_tlsext_host_name(stream.native_handle(), call.url.host.c_str()) != 1) {
    co_return std::unexpected(tls_error(call, "the host's name cannot be sent"));
  }
  const auto [refused] = co_await stream.async_handshake(ssl::stream_base::client, until(deadline));
  if (refused == asio::error::operation_aborted) co_return std::unexpected(call_error(call, refused));
  if (refused) co_return std::unexpected(tls_error(call, refused.message()));
  auto done = co_await exchange(stream, call, deadline);
  if (!done) co_return std::unexpected(done.error().error);
  co_return std::move(done->answer);
}

}  // namespace saasctl::services
