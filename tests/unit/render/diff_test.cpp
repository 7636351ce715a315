#include <algorithm>
#include <filesystem>

#include "catch.hpp"
#include "generated.hpp"
#include "render/diff.hpp"
#include "temporary_folder.hpp"
#include "util/file.hpp"
#include "util/process.hpp"

namespace saasctl::diff_test {

namespace fs = std::filesystem;

namespace {

std::string any_text(Generator& random) {
  static const std::vector<std::string> lines{"a\n", "b\n", "c\n", "\n", "  deep\n", "-x\n", "+y\n"};
  std::string text;
  for (auto count = random.below(30); count > 0; --count) text += random.pick(lines);
  if (!text.empty() && random.one_in(4)) text.pop_back();
  return text;
}

std::string changed(const std::string& text, Generator& random) {
  if (random.one_in(5)) return any_text(random);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const auto choice = random.below(12);
    if (choice != 0) out += text.substr(at, end - at);
    if (choice == 1) out += "new\n";
    at = end;
  }
  return out;
}

long changed_lines(const std::string& diff) {
  long count = 0;
  for (std::size_t at = diff.find("@@"); at != std::string::npos && at < diff.size(); at = diff.find('\n', at) + 1) {
    count += diff[at] == '+' || diff[at] == '-' ? 1 : 0;
    if (diff.find('\n', at) == std::string::npos) break;
  }
  return count;
}

}  // namespace

TEST_CASE("a diff has three lines of context and marks a missing line break") {
  CHECK(render::unified_diff("a", "same\n", "b", "same\n").empty());
  CHECK(render::unified_diff("a/f", "1\n2\n3\n4\n5\n6\n7\n8\n9", "b/f", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") ==
        "--- a/f\n+++ b/f\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n-9\n\\ No newline at end of file\n+9\n");
  CHECK(render::unified_diff("/dev/null", "", "b", "x\n") == "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+x\n");
  CHECK(render::unified_diff("a", "x\n", "b", "") == "--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n");
}

TEST_CASE("patch applies our diffs, and diff finds none with fewer lines") {
  const TemporaryFolder folder;
  const std::string before_file = folder.path() / "before", after_file = folder.path() / "after",
                    patched_file = folder.path() / "patched";
  Generator random(7);
  for (int i = 0; i < 60; ++i) {
    const auto before = any_text(random), after = changed(before, random);
    REQUIRE(write_file_atomic(before_file, before));
    REQUIRE(write_file_atomic(after_file, after));
    const auto ours = render::unified_diff("before", before, "after", after);
    const auto theirs = run_process({"diff", "-u", "--minimal", before_file, after_file}, {}, {});
    REQUIRE(theirs);
    CHECK(ours.empty() == (theirs->exit_code == 0));
    INFO(ours << theirs->standard_output);
    CHECK(changed_lines(ours) == changed_lines(theirs->standard_output));
    if (ours.empty()) continue;
    ProcessOptions options;
    options.input = ours;
    const auto patched = run_process({"patch", "-s", "--posix", before_file, "-o", patched_file}, options, {});
    REQUIRE(patched);
    INFO(patched->standard_output << patched->standard_error);
    CHECK(patched->exit_code == 0);
    CHECK(read_file(patched_file) == after);
    fs::remove(patched_file);
  }
}

TEST_CASE("texts with nothing in common are told apart without much memory") {
  std::string before, after;
  for (int i = 0; i < 20'000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  CHECK(changed_lines(render::unified_diff("a", before, "b", after)) == 40'000);
}

}  // namespace saasctl::diff_test
