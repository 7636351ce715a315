// Points in time and durations as report formats write them.
#pragma once

#include <chrono>
#include <string>

namespace saasctl::report {

// "2026-01-02T03:04:05", UTC, whole seconds, without a zone.
std::string date_time(std::chrono::system_clock::time_point time);

// Seconds to the millisecond.
double seconds(std::chrono::nanoseconds duration);

}  // namespace saasctl::report
