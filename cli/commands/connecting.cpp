#include "commands/connecting.hpp"

#include "util/guarded.hpp"

namespace saasctl::commands {

Connecting::Connecting(const Session& session) {
  auto endpoint = engine_endpoint(session);
  if (!endpoint) {
    result_ = std::unexpected(std::move(endpoint.error()));
    return;
  }
  thread_ = std::jthread([this, endpoint = std::move(*endpoint)](const std::stop_token& stop) {
    result_ = guarded([&] { return engine::Client::connect(endpoint, stop); });
  });
  outer_.emplace(session.stop, CallOff{thread_});
}

Result<engine::Client> Connecting::finish() {
  if (thread_.joinable()) thread_.join();
  return std::move(*result_);
}

}  // namespace saasctl::commands
