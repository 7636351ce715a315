// The engine's answer, asked for while the stack's files are read.
#pragma once

#include <optional>
#include <stop_token>
#include <thread>

#include "commands/session.hpp"

namespace saasctl::commands {

// Begins to connect when it is made, on a thread of its own; used by one thread. What connect_engine warns of it says
// at once. When it goes without having been asked, the attempt is called off.
class Connecting {
 public:
  explicit Connecting(const Session& session);
  Connecting(const Connecting&) = delete;
  Connecting& operator=(const Connecting&) = delete;

  // Waits for what connect_engine gives; to be called once.
  Result<engine::Client> finish();

 private:
  struct CallOff {
    std::jthread& thread;
    void operator()() const noexcept { thread.request_stop(); }
  };

  std::optional<Result<engine::Client>> result_;  // written by the thread before it ends
  std::jthread thread_;
  std::optional<std::stop_callback<CallOff>> outer_;
};

}  // namespace saasctl::commands
