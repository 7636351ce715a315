// Everything a check touches, as interfaces: unit tests put fakes in, verify/engine_world.hpp the real things.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/exec.hpp"
#include "util/http.hpp"
#include "util/result.hpp"

namespace saasctl::verify {

// The state of a service's container.
struct ServiceState {
  std::string container;  // its name
  std::string status;     // of the engine: created, running, paused, restarting, removing, exited, dead
  std::optional<std::string> health = {};  // starting, healthy, unhealthy; nothing without a healthcheck
  int exit_code = 0;
  std::string last_output = {};  // of the latest health probe; one line
};

struct Address {
  std::string host;
  int port = 0;
};

// The services of the running project. Errors besides those named: no_engine, timeout, interrupted.
class Services {
 public:
  virtual ~Services() = default;

  // not_found: the service has no container.
  virtual Result<ServiceState> state(std::string_view service, std::stop_token stop) = 0;

  // Where the host reaches a port of the container; without `port`, the only one that is published. not_found: no
  // container, it does not run, or it publishes no such port.
  virtual Result<Address> address(std::string_view service, std::optional<int> port, std::stop_token stop) = 0;

  // Runs a command in the container; any exit code is a success here.
  virtual Result<engine::ExecResult> exec(std::string_view service, const std::vector<std::string>& command,
                                          std::chrono::milliseconds timeout, std::stop_token stop) = 0;

  // Those of the container's environment variables that are asked for by name; the unset ones are missing.
  virtual Result<std::map<std::string, std::string>> variables(std::string_view service,
                                                               const std::vector<std::string>& names,
                                                               std::stop_token stop) = 0;

  // Removes the container and starts a new one made as it was.
  virtual Result<void> recreate(std::string_view service, std::stop_token stop) = 0;
};

class HttpSender {
 public:
  virtual ~HttpSender() = default;

  // As http::Client::send; the error's message names the URL.
  virtual Result<http::Response> send(const http::Request& request, std::stop_token stop) = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;

  virtual std::chrono::steady_clock::time_point now() = 0;
  virtual std::chrono::system_clock::time_point date() = 0;
  // Returns early when the token is set.
  virtual void wait(std::chrono::nanoseconds duration, std::stop_token stop) = 0;
};

// Not owned: whoever runs the plan keeps them alive.
struct VerifyDeps {
  Services& services;
  HttpSender& web;
  Clock& clock;
  std::function<std::uint64_t()> random;  // 64 independent random bits
};

}  // namespace saasctl::verify
