// Our own question to a container: does it work?
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

#include "engine/client.hpp"
#include "engine/containers.hpp"
#include "project/project.hpp"

namespace saasctl::execute {

class Probe {
 public:
  virtual ~Probe() = default;
  // One try, which takes no longer than `limit`. Errors say why it is not ready yet; interrupted when the token was
  // set.
  virtual Result<void> ask(std::chrono::milliseconds limit, std::stop_token stop) = 0;
  // Pause after the first failure, when the user has set it.
  virtual std::optional<std::chrono::milliseconds> pause() const { return std::nullopt; }
};

// The service's `ready` probe, or the command of the healthcheck the container has; nullptr when it has neither.
// The references must outlive the probe.
std::unique_ptr<Probe> make_probe(const engine::Client& client, const project::Service& service,
                                  const engine::Container& container);

}  // namespace saasctl::execute
