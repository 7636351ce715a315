// The way to Jaeger's UDP agent port. UDP tells nobody whether a datagram arrived; what can be told is told.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "common/core/service_settings.hpp"
#include "common/core/span_record.hpp"
#include "common/runtime/asio.hpp"

namespace saasctl::services {

class UdpAgent {
 public:
  UdpAgent(AgentSettings agent, Resource resource) : agent_(std::move(agent)), resource_(std::move(resource)) {}

  // Success: handed to the network. The error names host and port and says whether the name did not resolve, a
  // datagram could not be sent, or a span was too large for one.
  [[nodiscard]] Task<std::expected<void, std::string>> send(std::vector<SpanRecord> spans, Deadline deadline);

 private:
  Task<std::expected<asio::ip::udp::endpoint, std::string>> endpoint(Deadline deadline);

  AgentSettings agent_;
  Resource resource_;
  // The address may change with every restart of the agent's container, so it is asked for again now and then.
  std::optional<asio::ip::udp::endpoint> known_;
  std::chrono::steady_clock::time_point known_until_;
};

}  // namespace saasctl::services
