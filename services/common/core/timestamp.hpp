// Moments in time as PostgreSQL writes them and as the API shows them. Pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace saasctl::services {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// PostgreSQL's ISO output of timestamptz in a UTC session: 2026-11-23 14:58:00.123456+00, fraction optional
// (PostgreSQL 15 documentation, section 8.5.2). nullopt for anything else, infinity among it.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);

// RFC 3339 with six digits of fraction: 2026-11-23T14:58:00.123456Z.
[[nodiscard]] std::string format_timestamp(Timestamp time);

}  // namespace saasctl::services
