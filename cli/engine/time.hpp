// The Engine's points in time: RFC 3339 with up to nine digits of a second (Go's time.RFC3339Nano).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace saasctl::engine {

using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

// "2026-01-02T03:04:05.123456789Z" or with an offset; nothing for other text, and for times that nanoseconds in 64
// bits do not reach: before 1678, as Go's zero time, and after 2261.
std::optional<Timestamp> parse_timestamp(std::string_view text);

// Seconds, a dot and nine digits, as the parameters `since` and `until` take it.
std::string unix_seconds(Timestamp time);

}  // namespace saasctl::engine
