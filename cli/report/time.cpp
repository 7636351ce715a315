#include "report/time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace saasctl::report {

std::string date_time(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

double seconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(std::chrono::round<std::chrono::milliseconds>(duration).count()) / 1000.0;
}

}  // namespace saasctl::report
