#include "engine/time.hpp"

#include <fmt/format.h>

#include "util/text.hpp"

namespace saasctl::engine {
namespace {

// Nanoseconds since 1970 in 64 bits reach from 1677 to 2262.
constexpr int first_year = 1678;
constexpr int last_year = 2261;

// Reads `count` digits at the front of `text` and takes them off, with the separator after them.
std::optional<int> take_number(std::string_view& text, std::size_t count, std::string_view separators) {
  const auto value = parse_integer(text.substr(0, count));
  if (text.size() < count || !value) return std::nullopt;
  text.remove_prefix(count);
  if (separators.empty()) return static_cast<int>(*value);
  if (text.empty() || separators.find(text[0]) == std::string_view::npos) return std::nullopt;
  text.remove_prefix(1);
  return static_cast<int>(*value);
}

std::optional<std::chrono::nanoseconds> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return std::chrono::nanoseconds{0};
  text.remove_prefix(1);
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (digits < 9) value = value * 10 + (text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  for (; digits < 9; ++digits) value *= 10;
  return std::chrono::nanoseconds{value};
}

std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, ":");
  const auto minutes = hours ? take_number(text, 2, "") : std::nullopt;
  if (!minutes) return std::nullopt;
  return sign * (std::chrono::hours{*hours} + std::chrono::minutes{*minutes});
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  const auto year = take_number(text, 4, "-");
  const auto month = year ? take_number(text, 2, "-") : std::nullopt;
  const auto day = month ? take_number(text, 2, "Tt ") : std::nullopt;
  const auto hour = day ? take_number(text, 2, ":") : std::nullopt;
  const auto minute = hour ? take_number(text, 2, ":") : std::nullopt;
  const auto second = minute ? take_number(text, 2, "") : std::nullopt;
  if (!second || *year < first_year || *year > last_year) return std::nullopt;
  const auto fraction = take_fraction(text);
  const auto offset = parse_offset(text);
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!fraction || !offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second} + *fraction - *offset;
}

std::string unix_seconds(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{}.{:09}", seconds.time_since_epoch().count(), (time - seconds).count());
}

}  // namespace saasctl::engine
