#include "build/pull_policy.hpp"

#include <string_view>

#include "util/text.hpp"

namespace saasctl::build {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::nanoseconds day = 24h;

// "12h" as any duration, "2d" and "3w" besides.
std::optional<std::chrono::nanoseconds> age_of(std::string_view text) {
  if (const auto time = declare::parse_duration(text)) return *time;
  if (text.empty()) return std::nullopt;
  const auto number = parse_integer(text.substr(0, text.size() - 1));
  if (!number) return std::nullopt;
  if (text.ends_with('d')) return *number * day;
  if (text.ends_with('w')) return *number * 7 * day;
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::nanoseconds> longest_age(const stack::Service& service) {
  const std::string_view policy = service.pull_policy ? std::string_view(*service.pull_policy) : "missing";
  if (policy == "always") return 0ns;
  if (policy == "daily") return day;
  if (policy == "weekly") return 7 * day;
  if (policy.starts_with("every_")) return age_of(policy.substr(6));
  if (policy == "refresh") return age_of(service.pull_refresh_after.value_or("0"));
  return std::nullopt;
}

bool may_renew(const stack::Service& service) {
  return longest_age(service).has_value() || service.pull_policy == "build";
}

}  // namespace saasctl::build
