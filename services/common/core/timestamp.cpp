#include "common/core/timestamp.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace saasctl::services {

namespace {

// Reads `width` digits at `at`; nullopt when one of them isn't a digit.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return std::nullopt;
  const char* first = text.data() + at;
  int number = 0;
  const auto [end, error] = std::from_chars(first, first + width, number);
  if (error != std::errc() || end != first + width || *first == '-') return std::nullopt;
  return number;
}

std::optional<int> microseconds_of(std::string_view fraction) {
  if (fraction.empty() || fraction.size() > 6) return std::nullopt;
  auto number = digits(fraction, 0, fraction.size());
  for (std::size_t width = fraction.size(); number && width < 6; ++width) *number *= 10;
  return number;
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  constexpr std::string_view kUtc = "+00";
  if (!text.ends_with(kUtc)) return std::nullopt;
  text.remove_suffix(kUtc.size());
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':') return std::nullopt;
  int micros = 0;
  if (text.size() > 19) {
    const auto fraction = text[19] == '.' ? microseconds_of(text.substr(20)) : std::nullopt;
    if (!fraction) return std::nullopt;
    micros = *fraction;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + std::chrono::microseconds(micros);
}

std::string format_timestamp(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 40> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace saasctl::services
