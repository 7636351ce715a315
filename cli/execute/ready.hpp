// Waiting until a service is in the state that others wait for.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/client.hpp"
#include "engine/containers.hpp"
#include "project/project.hpp"

namespace saasctl::execute {

// Why a service did not get ready, with everything that helps to find the reason.
struct ServiceFailure {
  std::string service;
  std::string what;                            // "exited with code 137: killed for using too much memory"
  std::vector<engine::HealthLogEntry> health;  // the engine's last five
  std::vector<std::string> logs;               // the last twenty lines
};

struct ReadyError : Error {
  std::optional<ServiceFailure> service = std::nullopt;
};

// Waits for `condition` (service_healthy, service_completed_successfully, engine_healthy). A service is ready when its
// `ready` probe, or else its healthcheck's own command, succeeds when we run it, or when the engine reports healthy,
// whichever is first; engine_healthy waits for the engine's status as well. A service with neither is ready when it
// has run for a moment; one that has ended with exit code 0 is ready too. Errors: failed (it died or is unhealthy),
// timeout, interrupted.
std::expected<void, ReadyError> await_service(const engine::Client& client, const project::Service& service,
                                              const std::string& container, const std::string& condition,
                                              std::chrono::steady_clock::time_point deadline, std::stop_token stop);

// What an exit code means, in words; "" when it says nothing by itself.
std::string explain_exit(int code, bool out_of_memory);

}  // namespace saasctl::execute
