#include "common/core/timestamp.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

TEST_CASE("PostgreSQL's moments become RFC 3339's", "[timestamp]") {
  CHECK(format_timestamp(parse_timestamp("2026-11-23 14:58:00.123456+00").value()) == "2026-11-23T14:58:00.123456Z");
  CHECK(format_timestamp(parse_timestamp("2026-11-23 14:58:00.5+00").value()) == "2026-11-23T14:58:00.500000Z");
  CHECK(format_timestamp(parse_timestamp("1969-12-31 23:59:59+00").value()) == "1969-12-31T23:59:59.000000Z");
}

TEST_CASE("Anything else is refused", "[timestamp]") {
  const std::string_view wrong = GENERATE(as<std::string_view>{}, "", "infinity", "2026-11-23 14:58:00+01",
                                          "2026-02-30 00:00:00+00", "2026-11-23T14:58:00+00", "2026-11-23 14:58:00.+00",
                                          "2026-11-23 14:58+00", "2026-11-23 14:58:00.1234567+00");
  CAPTURE(wrong);
  CHECK_FALSE(parse_timestamp(wrong));
}
