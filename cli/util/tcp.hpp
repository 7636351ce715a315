// One question to a TCP port: does somebody there keep the connection?
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "util/result.hpp"

namespace saasctl {

// Connects to a name or a numeric address and waits a moment: an engine's proxy accepts before the program listens and
// closes at once, so a connection counts only when it is still open after `settle` (0 or less: at once). `timeout` is
// for name and connection. Errors: failed (no such name, refused, closed), timeout, interrupted.
Result<void> probe_tcp(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                       std::chrono::milliseconds settle, std::stop_token stop);

}  // namespace saasctl
