#include "common/runtime/udp_agent.hpp"

#include "common/core/jaeger.hpp"
#include "common/runtime/resolver.hpp"

namespace saasctl::services {

using asio::ip::udp;

Task<std::expected<udp::endpoint, std::string>> UdpAgent::endpoint(Deadline deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (known_ && now < known_until_) co_return *known_;
  known_.reset();
  auto addresses = co_await resolve(agent_.host, deadline);
  if (!addresses) co_return std::unexpected("JAEGER_AGENT_HOST: " + addresses.error());
  known_ = udp::endpoint(addresses->front(), agent_.port);
  known_until_ = now + std::chrono::seconds(30);
  co_return *known_;
}

Task<std::expected<void, std::string>> UdpAgent::send(std::vector<SpanRecord> spans, Deadline deadline) {
  const auto target = co_await endpoint(deadline);
  if (!target) co_return std::unexpected(target.error());
  const auto failure = [&](const std::string& why) {
    known_.reset();
    return std::unexpected("Jaeger's agent at " + agent_.host + ":" + std::to_string(agent_.port) + ": " + why);
  };
  udp::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code error;
  socket.open(target->protocol(), error);
  if (error) co_return failure(error.message());
  const std::vector<std::string> datagrams = encode_datagrams(resource_, spans);
  for (const std::string& datagram : datagrams) {
    const auto [failed, sent] = co_await socket.async_send_to(asio::buffer(datagram), *target, until(deadline));
    if (failed) co_return failure(failed.message());
  }
  if (datagrams.empty() && !spans.empty()) co_return std::unexpected("a span is too large for one datagram");
  co_return std::expected<void, std::string>();
}

}  // namespace saasctl::services
