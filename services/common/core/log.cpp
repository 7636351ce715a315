#include "common/core/log.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "common/core/timestamp.hpp"

namespace saasctl::services {

namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  if (text == "warning") return LogLevel::warning;
  for (std::size_t at = 0; at < kNames.size(); ++at) {
    if (text == kNames[at]) return static_cast<LogLevel>(at);
  }
  return std::nullopt;
}

void Logger::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
  if (level < threshold_) return;
  const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  nlohmann::ordered_json line = {{"time", format_timestamp(now)},
                                 {"level", kNames[static_cast<std::size_t>(level)]},
                                 {"service", service_},
                                 {"message", message}};
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.name)] = value; }, field.value);
  }
  // Paths come from strangers: bytes that aren't UTF-8 are replaced rather than refused.
  const std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written <= 0) return;  // a closed log must not stop the service
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace saasctl::services
