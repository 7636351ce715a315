// The image's own health probe: `/app --healthcheck`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace saasctl::services {

// Asks http://127.0.0.1:port/path and returns the exit code Docker reads: 0 when the status is 200 within the limit,
// else 1. On failure the answer, or why there is none, is printed for the container's health log. Blocking, and free
// of Asio: it runs every few seconds and must cost next to nothing.
[[nodiscard]] int healthcheck(std::uint16_t port, std::string_view path, std::chrono::milliseconds limit);

}  // namespace saasctl::services
