// The parts of `logs` that need no engine: which lines are new, what stands before them, which moments are meant.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/time.hpp"
#include "util/result.hpp"

namespace saasctl::logs {

// How far the log of a container has been read, so that it can be read on later: from since() on, asking fresh() of
// each line. Lines of the same nanosecond are told apart by their number.
class LogCursor {
 public:
  // Before the log is read again.
  void reopen();
  // Where to read on; nothing when no line has been seen.
  std::optional<engine::Timestamp> since() const { return last_; }
  // Whether the line has not been seen before; takes note of it.
  bool fresh(std::optional<engine::Timestamp> time);

 private:
  std::optional<engine::Timestamp> last_;
  std::size_t count_ = 0;  // lines seen at last_
  std::size_t skip_ = 0;   // of them, those that come again
  bool catching_up_ = false;
};

// A point in time as `docker logs --since` takes it: "2026-01-02T03:04:05Z", "2026-01-02T03:04:05" and "2026-01-02" in
// the machine's time zone, seconds since 1970, or a duration before `now`: "10m", "1h30m". Error usage.
Result<engine::Timestamp> parse_moment(std::string_view text, engine::Timestamp now);

// A service's lines begin with "web | ", those of a scaled one with "web-2 | ". `colour` is the service's place in the
// list, nothing: none.
std::string log_prefix(std::string_view source, std::size_t width, std::optional<std::size_t> colour);

}  // namespace saasctl::logs
