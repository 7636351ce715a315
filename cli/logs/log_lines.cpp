#include "logs/log_lines.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "declare/values.hpp"
#include "util/text.hpp"

namespace saasctl::logs {
namespace {

std::optional<engine::Timestamp> seconds_since_1970(std::string_view text) {
  const auto dot = text.find('.');
  const auto whole = parse_integer(text.substr(0, dot));
  if (!whole || *whole > 253402300799) return std::nullopt;  // the year 9999
  std::chrono::nanoseconds rest{0};
  if (dot != std::string_view::npos) {
    const auto digits = text.substr(dot + 1);
    auto value = parse_integer(digits);
    if (!value || digits.size() > 9) return std::nullopt;
    for (auto i = digits.size(); i < 9; ++i) *value *= 10;
    rest = std::chrono::nanoseconds(*value);
  }
  return engine::Timestamp(std::chrono::seconds(*whole) + rest);
}

std::optional<engine::Timestamp> local_time(const std::string& text) {
  for (const auto* form : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (!end || *end != '\0') continue;
    parts.tm_isdst = -1;
    const auto since_1970 = std::mktime(&parts);
    if (since_1970 != -1) return engine::Timestamp(std::chrono::seconds(since_1970));
  }
  return std::nullopt;
}

}  // namespace

void LogCursor::reopen() {
  skip_ = count_;
  catching_up_ = last_.has_value();
}

bool LogCursor::fresh(std::optional<engine::Timestamp> time) {
  if (!time) return true;
  if (catching_up_ && *time < *last_) return false;
  if (catching_up_ && *time == *last_ && skip_ > 0) {
    --skip_;
    return false;
  }
  if (last_ && *time == *last_) {
    ++count_;
  } else if (!last_ || *time > *last_) {
    catching_up_ = false;
    last_ = time;
    count_ = 1;
  }
  return true;
}

Result<engine::Timestamp> parse_moment(std::string_view text, engine::Timestamp now) {
  if (const auto whole = engine::parse_timestamp(text)) return *whole;
  if (const auto time = seconds_since_1970(text)) return *time;
  if (const auto local = local_time(std::string(text))) return *local;
  if (const auto duration = declare::parse_duration(text)) return now - *duration;
  return failure(ErrorKind::usage, fmt::format("'{}' is not a point in time", text),
                 "for example 10m, 1h30m, 2026-01-31, 2026-01-31T08:00:00Z, or seconds since 1970");
}

std::string log_prefix(std::string_view source, std::size_t width, std::optional<std::size_t> colour) {
  // Red is left to errors.
  constexpr std::array colours{36, 33, 32, 35, 34, 96, 93, 92, 95, 94};
  const auto text = fmt::format("{:<{}} | ", source, width);
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", colours.at(*colour % colours.size()), text) : text;
}

}  // namespace saasctl::logs
