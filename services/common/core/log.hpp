// The log: one JSON object a line on standard output, which Docker's log drivers take as it is.
// A Logger may be used from any thread: each line is one write(2), short enough not to be torn in a pipe.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <variant>

namespace saasctl::services {

enum class LogLevel { debug, info, warning, error };

// debug, info, warn (or warning), error; nullopt otherwise.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text);

struct LogField {
  std::string_view name;
  std::variant<std::string_view, long long, double> value;
};

class Logger {
 public:
  Logger(std::string_view service, LogLevel threshold) : service_(service), threshold_(threshold) {}

  // Never pass what a Secret holds, a token, a body or a query: only what may be read by anyone who reads logs.
  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) const;

 private:
  std::string_view service_;  // outlives the logger: it is the program's configuration
  LogLevel threshold_;
};

}  // namespace saasctl::services
