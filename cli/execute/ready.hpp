// Waiting until a service is in the state that others wait for.
#pragma once

#include <chrono>
#include <expected>
#include <stop_token>
#include <string>

#include "engine/client.hpp"
#include "execute/event_monitor.hpp"
#include "execute/failure.hpp"
#include "project/project.hpp"

namespace saasctl::execute {

// How often to ask and to look. Tests with a simulated engine go faster.
struct Pace {
  std::chrono::milliseconds first_pause{25};  // after the first failed probe; it grows by half each time
  std::chrono::milliseconds longest_pause{250};
  std::chrono::milliseconds settling{200};  // a process that ends at once does not count as running
  // A container that has failed again and again has to run as long as the engine takes to believe in it. Source: moby,
  // restartmanager, where 10 s take the pause before the next restart back to its beginning.
  std::chrono::milliseconds settling_again{10'000};
  std::chrono::milliseconds look_again{1000};  // the safety net: the engine loses events when it is in a hurry
};

struct Awaited {
  const project::Service& service;
  const std::string& container;  // id or name
  const std::string& condition;  // as plan::AwaitService has it
};

// A service is ready when its `ready` probe, or else its healthcheck's own command, succeeds when we run it, or when
// the engine reports healthy, whichever is first; engine_healthy waits for the engine's status as well. A service with
// neither is ready when it has run for a moment; one that has ended with exit code 0 is ready too. Errors: failed (it
// died or is unhealthy), timeout, interrupted.
std::expected<void, ReadyError> await_service(const engine::Client& client, EventMonitor& watch, const Awaited& awaited,
                                              const Pace& pace, std::chrono::steady_clock::time_point deadline,
                                              std::stop_token stop);

}  // namespace saasctl::execute
