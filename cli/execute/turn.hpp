// The right to change a project, which one command has at a time.
#pragma once

#include <stop_token>

#include "util/result.hpp"

namespace saasctl::execute {

// While a plan only waits for services, others may have the turn: a command that a service's health needs must not
// wait for the wait. The executor calls it from one thread at a time.
class Turn {
 public:
  Turn() = default;
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  virtual ~Turn() = default;

  // To be called before a change. Blocks until the turn is the caller's; at once when it has it. Errors: conflict
  // (somebody else has changed the project meanwhile, so the plan may be wrong by now, or has the turn for too long),
  // interrupted, failed.
  virtual Result<void> take(std::stop_token stop) = 0;
  virtual void give_back() = 0;
};

}  // namespace saasctl::execute
