#include "stack_files.hpp"

namespace saasctl::profiles_test {

using namespace saasctl::stack;

namespace {

const StackFiles& files() {
  static const StackFiles all(
      {{"a.yaml",
        "services:\n  web: {image: x, depends_on: {tool: {condition: service_started, required: "
        "false}}}\n  tool: {image: x, profiles: [debug, \"${P:-other}\"]}\n  job: {image: x, "
        "profiles: [jobs]}\n"}});
  return all;
}

std::string active(const StackFiles::Options& options) {
  const auto read = files().read(options);
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  std::string names;
  for (const auto& service : read.stack().services) names += service.name + " ";
  for (const auto& service : read.stack().inactive) names += "-" + service.name + " ";
  return names;
}

}  // namespace

TEST_CASE("services whose profiles are not active are left out") {
  CHECK(active({}) == "web -tool -job ");
  CHECK(active({.profiles = {"debug"}}) == "web tool -job ");
  CHECK(active({.profiles = {"jobs", "debug"}}) == "web tool job ");
  CHECK(active({.profiles = {"*"}}) == "web tool job ");
  CHECK(active({.environment = {{"P", "mine"}}, .profiles = {"mine"}}) == "web tool -job ");
}

TEST_CASE("a service that the user names is active, with all that share its profiles") {
  CHECK(active({.services = {"tool"}}) == "web tool -job ");
  CHECK(active({.services = {"web", "nobody"}}) == "web -tool -job ");
}

TEST_CASE("a dependency on a service that is not active is an error, when it is required") {
  const StackFiles stack(
      {{"a.yaml", "services:\n  web: {image: x, depends_on: [db]}\n  db: {image: x, profiles: [debug, more]}\n"}});
  CHECK(stack.errors({}) ==
        "a.yaml:2:32: error: 'web' depends on 'db', which is not active: its profiles are debug, more\n"
        "     2 |   web: {image: x, depends_on: [db]}\n       |                                ^~\n"
        "       = add --profile debug, or required: false to the dependency\n");
  CHECK(stack.errors({.profiles = {"more"}}).empty());
}

TEST_CASE("errors of a service that is not active are told as well") {
  const StackFiles stack({{"a.yaml", "services:\n  web: {image: x}\n  db: {imge: x, profiles: [debug]}\n"}});
  CHECK(stack.errors({}).find("a.yaml:3:8: error:") != std::string::npos);
}

}  // namespace saasctl::profiles_test
