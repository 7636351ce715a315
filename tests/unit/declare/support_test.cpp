// Each key of the Compose specification is declared: supported, or refused with a reason.
#include "declare/support.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "catch.hpp"
#include "paths.hpp"
#include "stack_text.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

namespace saasctl::support_test {

using namespace saasctl::stack;

namespace {

std::vector<std::string> keys_of_the_specification() {
  const auto text = read_file(SAASCTL_SOURCE_DIR "/tests/data/compose_keys.txt");
  REQUIRE(text);
  std::vector<std::string> keys;
  for (auto& line : split(*text, '\n')) {
    if (!line.empty() && !line.starts_with('#')) keys.push_back(std::move(line));
  }
  return keys;
}

}  // namespace

TEST_CASE(
    "no key of the Compose specification is missing from the table, and none stands there that it does not have") {
  std::map<std::string, Support> declared;
  for (const auto& key : compose_keys(stack_record().info())) {
    INFO(key.path);
    CHECK(declared.emplace(key.path, key.support).second);
    CHECK_FALSE(key.text.empty());
  }
  const auto specification = keys_of_the_specification();
  REQUIRE(specification.size() > 300);
  for (const auto& path : specification) {
    const bool below_refused = std::ranges::any_of(
        declared, [&](const auto& key) { return key.second == Support::refused && path.starts_with(key.first + "."); });
    INFO(path);
    CHECK((declared.contains(path) || below_refused));
  }
  const std::set<std::string> known(specification.begin(), specification.end());
  for (const auto& [path, support] : declared) {
    INFO(path);
    CHECK(known.contains(path));
  }
}

TEST_CASE("a key that is not supported is an error at its line that says why") {
  const auto errors = read_text(one_service("credential_spec: {file: x.json}")).errors();
  CHECK(
      errors.find("stack.yaml:4:5: error: key 'credential_spec' of Compose is not supported in service: credentials of "
                  "this kind exist on Windows only") != std::string::npos);
  CHECK(read_text(one_service("x-credential_spec: {file: x.json}")).errors().empty());
}

}  // namespace saasctl::support_test
