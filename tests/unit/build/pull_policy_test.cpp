#include "build/pull_policy.hpp"

#include "catch.hpp"

namespace saasctl::pull_policy_test {

using namespace std::chrono_literals;

TEST_CASE("an image is pulled again from the age that its pull_policy names") {
  const auto age = [](const char* policy, const char* after = nullptr) {
    stack::Service service;
    service.pull_policy = policy;
    if (after) service.pull_refresh_after = after;
    return build::longest_age(service);
  };
  CHECK(age("always") == 0ns);
  CHECK(age("daily") == 24h);
  CHECK(age("weekly") == 168h);
  CHECK(age("every_90m") == 90min);
  CHECK(age("every_2d") == 48h);
  CHECK(age("every_3w") == 504h);
  CHECK(age("refresh", "12h") == 12h);
  CHECK_FALSE(age("missing"));
  CHECK_FALSE(age("never"));
  CHECK_FALSE(age("build"));
  CHECK_FALSE(build::longest_age({}));
}

TEST_CASE("up asks again for images that their pull_policy may renew") {
  const auto renews = [](const char* policy) {
    stack::Service service;
    service.pull_policy = policy;
    return build::may_renew(service);
  };
  CHECK(renews("always"));
  CHECK(renews("daily"));
  CHECK(renews("build"));
  CHECK_FALSE(renews("missing"));
  CHECK_FALSE(renews("never"));
  CHECK_FALSE(build::may_renew({}));
}

}  // namespace saasctl::pull_policy_test
