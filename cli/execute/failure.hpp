// Why a service failed, with everything that helps to find the reason.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/client.hpp"
#include "engine/containers.hpp"
#include "plan/plan.hpp"
#include "project/project.hpp"
#include "util/result.hpp"

namespace saasctl::execute {

// As often restarted, a container fails again and again.
inline constexpr int most_restarts = 3;

struct ServiceFailure {
  std::string service;
  std::string container;         // id
  std::string what;              // "exited with code 137: it used more memory than its limit (128 MiB) and was killed"
  std::optional<int> exit_code;  // nothing while it runs
  std::vector<engine::HealthLogEntry> health;  // the engine's last five
  std::vector<std::string> logs;               // the last twenty lines
};

// What there is of a service after a failure.
struct Remnant {
  std::string subject;    // the service; its containers' names without the project where they differ
  std::string state;      // as ContainerSummary::state; empty: there is no container
  std::string note = {};  // "not replaced", or what the engine was asked for and has not done yet: "being started"
};

// The error that ended an execution. `service` is the root cause when a service failed.
struct ReadyError : Error {
  std::optional<ServiceFailure> service = std::nullopt;
  std::vector<std::string> consequences = {};  // "web did not get ready in time …": failures that follow from it
  std::vector<Remnant> left = {};              // in the order of the project
};

// What an exit code means, in words; "" when it says nothing by itself. Source: exit statuses of POSIX shells, 2.8.2
// (126, 127), and of containers, 128 + the number of the signal. `memory_limit` in bytes, 0: none.
std::string explain_exit(int code, bool out_of_memory, std::int64_t memory_limit = 0);

// "exited with code 1 after 3 restarts: …" of a container that does not run.
std::string describe_end(const engine::Container& container);

// Without the lines of its log.
ReadyError service_error(const project::Service& service, const engine::Container& container, const std::string& what);

// Puts the service first that failed by itself: one that the failed service depends on and that has died or is
// unhealthy. Adds the last lines of its log. What cannot be asked any more, or not before the token is set, stays as it
// was.
ReadyError with_root_cause(const engine::Client& client, const project::Project& project, const plan::Plan& plan,
                           ReadyError error, const std::stop_token& stop);

}  // namespace saasctl::execute
