// The names of all tests: each is given to its test program as a word of a command line.
#include <filesystem>
#include <regex>

#include "catch.hpp"
#include "paths.hpp"
#include "util/file.hpp"

namespace saasctl::test_names_test {
namespace {

namespace fs = std::filesystem;

// What stops the name from selecting its test, or "". Source: Catch2, docs/command-line.md, "Specifying which tests to
// run"; CMake's Catch module keeps names in lists, which a semicolon splits.
std::string problem_of(const std::string& name) {
  if (name.find(';') != std::string::npos) return "a semicolon splits it";
  if (name.starts_with('-')) return "a dash makes it an option";
  if (name.starts_with('~')) return "a tilde excludes it";
  if (name.starts_with('*') || name.ends_with('*')) return "an asterisk stands for any text";
  if (name.starts_with(' ') || name.ends_with(' ')) return "the space is lost";
  return "";
}

// The names in a file of tests, as they are written between the quotes.
std::vector<std::string> names_in(const std::string& text) {
  static const std::regex test(R"re(TEST_CASE\(\s*"((?:[^"\\]|\\.)*)")re");
  std::vector<std::string> names;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), test); match != std::sregex_iterator(); ++match) {
    names.push_back((*match)[1].str());
  }
  return names;
}

TEST_CASE("every test can be selected by its name") {
  std::size_t found = 0;
  for (const auto* folder : {"/tests", "/services/tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(std::string(SAASCTL_SOURCE_DIR) + folder)) {
      if (!entry.path().filename().string().ends_with("_test.cpp")) continue;
      const auto text = read_file(entry.path());
      REQUIRE(text);
      for (const auto& name : names_in(*text)) {
        ++found;
        INFO(entry.path().string() << ": " << name);
        CHECK(problem_of(name) == "");
      }
    }
  }
  CHECK(found > 700);
}

TEST_CASE("a name that a test program would not take as a name is found") {
  CHECK(problem_of("up: --no-recreate keeps the secrets").empty());
  CHECK_FALSE(problem_of("--no-recreate keeps the secrets").empty());
  CHECK_FALSE(problem_of("steps; their output").empty());
}

}  // namespace
}  // namespace saasctl::test_names_test
