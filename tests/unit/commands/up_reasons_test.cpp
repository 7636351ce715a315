#include "commands/reasons.hpp"

#include "catch.hpp"

namespace saasctl::up_reasons_test {

using commands::Reasons;

TEST_CASE("a short cause is shown with each line") {
  Reasons reasons;
  CHECK(reasons.with("creating", "memory 128M → 256M") == "creating (memory 128M → 256M)");
  CHECK(reasons.with("created", "memory 128M → 256M") == "created (memory 128M → 256M)");
  CHECK(reasons.with("creating", "new") == "creating");
  CHECK(reasons.with("creating", "") == "creating");
}

TEST_CASE("a long cause and one of several lines are shown once") {
  for (const auto& cause : {std::string(201, 'x'), std::string("first line\nsecond line")}) {
    Reasons reasons;
    CHECK(reasons.with("creating", cause) == "creating (" + cause + ")");
    CHECK(reasons.with("created", cause) == "created");
    CHECK(reasons.with("stopping", cause) == "stopping");
  }
}

TEST_CASE("a long reason of a failure is shown once") {
  Reasons reasons;
  CHECK(reasons.of_failure("short") == "short");
  CHECK(reasons.of_failure("short") == "short");
  const std::string long_one(300, 'x');
  CHECK(reasons.of_failure(long_one) == long_one);
  CHECK(reasons.of_failure(long_one) == "failed for the reason above");
}

}  // namespace saasctl::up_reasons_test
