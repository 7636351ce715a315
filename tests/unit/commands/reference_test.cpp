// The pages of docs/reference are what the tool says of itself.

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "paths.hpp"
#include "util/file.hpp"
#include "util/process.hpp"

namespace saasctl::reference_test {

namespace {

const std::filesystem::path source_dir = SAASCTL_SOURCE_DIR;

struct Page {
  std::string file;
  std::vector<std::string> arguments;
};

const std::vector<Page> pages = {
    {"stack.md", {"reference", "stack"}},
    {"compose-support.md", {"reference", "compose-support"}},
    {"commands.md", {"reference", "commands"}},
    {"stack.schema.json", {"schema"}},
};

std::string said(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {SAASCTL_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto ended = run_process(command, {}, {});
  REQUIRE(ended);
  INFO(ended->standard_error);
  REQUIRE(ended->exit_code == 0);
  return ended->standard_output;
}

ProcessResult check(const std::filesystem::path& checkout) {
  ProcessOptions options;
  options.environment = {{"SAASCTL", SAASCTL_PROGRAM}};
  const auto ended = run_process({(checkout / "scripts/reference").string(), "--check"}, options, {});
  REQUIRE(ended);
  return *ended;
}

// A checkout with nothing but what scripts/reference needs.
class Checkout {
 public:
  Checkout() {
    for (const auto* part : {"scripts", "docs/reference"}) {
      std::filesystem::create_directories(folder_ / part);
      std::filesystem::copy(source_dir / part, folder_ / part, std::filesystem::copy_options::recursive);
    }
  }
  ~Checkout() { std::filesystem::remove_all(folder_); }
  Checkout(const Checkout&) = delete;
  Checkout& operator=(const Checkout&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("saasctl-reference-" + std::to_string(getpid()));
};

}  // namespace

TEST_CASE("docs/reference holds what the tool says, and scripts/reference writes it anew") {
  for (const auto& page : pages) {
    INFO(page.file);
    const auto committed = read_file(source_dir / "docs/reference" / page.file);
    REQUIRE(committed);
    CHECK((*committed == said(page.arguments)));
  }
}

TEST_CASE("scripts/reference --check tells a page that drifted from one that did not") {
  const Checkout checkout;
  const auto page = checkout.folder() / "docs/reference/commands.md";
  for (const auto& each : pages) {
    REQUIRE(write_file_atomic(checkout.folder() / "docs/reference" / each.file, said(each.arguments)));
  }
  const auto same = check(checkout.folder());
  INFO(same.standard_error);
  CHECK(same.exit_code == 0);
  CHECK(same.standard_output.empty());

  REQUIRE(write_file_atomic(page, said({"reference", "commands"}) + "one more line\n"));
  const auto drifted = check(checkout.folder());
  CHECK(drifted.exit_code == 4);
  CHECK(drifted.standard_output.find("-one more line") != std::string::npos);
  CHECK(drifted.standard_error.find("run scripts/reference") != std::string::npos);
  const auto left = read_file(page);
  REQUIRE(left);
  CHECK(left->ends_with("one more line\n"));
}

}  // namespace saasctl::reference_test
