// One action of a plan as calls to the engine.
#pragma once

#include <chrono>
#include <expected>
#include <stop_token>

#include "execute/container_ids.hpp"
#include "execute/event_monitor.hpp"
#include "execute/execute.hpp"

namespace saasctl::execute {

// What every action may use. The references outlive the execution.
struct ActionContext {
  const engine::Client& client;
  const project::Project& project;
  const ExecuteOptions& options;
  const yaml::Environment& environment;
  ContainerIds& container_ids;
  EventMonitor* watch;  // there whenever the plan waits for a service
  std::chrono::steady_clock::time_point deadline;
};

std::expected<void, ReadyError> execute_action(const ActionContext& site, const plan::Work& work, std::stop_token stop);

}  // namespace saasctl::execute
