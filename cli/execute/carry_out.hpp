// One action of a plan as calls to the engine.
#pragma once

#include <chrono>
#include <expected>
#include <stop_token>

#include "execute/execute.hpp"
#include "execute/handles.hpp"
#include "execute/watch.hpp"

namespace saasctl::execute {

// What every action may use. The references outlive the execution.
struct Site {
  const engine::Client& client;
  const project::Project& project;
  const ExecuteOptions& options;
  const stack::Environment& environment;
  Handles& handles;
  Watch* watch;  // there whenever the plan waits for a service
  std::chrono::steady_clock::time_point deadline;
};

std::expected<void, ReadyError> carry_out(const Site& site, const plan::Work& work, std::stop_token stop);

}  // namespace saasctl::execute
