#include "build/tar.hpp"

#include <fstream>

#include "catch.hpp"
#include "local_server.hpp"
#include "temporary_folder.hpp"
#include "util/process.hpp"

namespace saasctl::tar_test {

using namespace saasctl::build;

namespace {

std::string read_all(TarStream& tar, std::size_t step) {
  std::string out;
  std::string buffer(step, '\0');
  for (;;) {
    const auto count = tar.read(buffer);
    REQUIRE(count);
    if (*count == 0) return out;
    out.append(buffer, 0, *count);
  }
}

std::string listing(const std::string& tar) {
  const auto result = run_process({"tar", "--numeric-owner", "-tvf", "-"}, {.input = tar}, {});
  REQUIRE(result);
  REQUIRE(result->exit_code == 0);
  return result->standard_output;
}

}  // namespace

TEST_CASE("a context becomes a tar that tar reads") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "d");
  std::ofstream(folder.path() / "d/file") << "content";
  std::ofstream(folder.path() / "big") << std::string(200'000, 'b');
  std::filesystem::create_symlink("d/file", folder.path() / "link");
  const std::string long_name(150, 'n');
  std::ofstream(folder.path() / long_name) << "x";

  std::string first;
  for (const std::size_t step : {std::size_t{1}, std::size_t{777}, std::size_t{1} << 20}) {
    TarStream tar(folder.path(), {.include = {}, .exclude = *PatternList::compile({"drop"})});
    tar.add_file("extra", "from elsewhere");
    const auto bytes = read_all(tar, step);
    if (first.empty()) first = bytes;
    CHECK(bytes == first);
  }
  const auto text = listing(first);
  CHECK(text.find("0/0") != std::string::npos);
  for (const auto& name :
       {std::string(" extra\n"), std::string(" d/file\n"), std::string("link -> d/file\n"), long_name}) {
    INFO(name);
    CHECK(text.find(name) != std::string::npos);
  }
  const auto content = run_process({"tar", "-xOf", "-", "d/file", "extra"}, {.input = first}, {});
  CHECK(content->standard_output == "from elsewherecontent");
}

TEST_CASE("further names of a file are links in the tar") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "a") << "content";
  std::filesystem::create_hard_link(folder.path() / "a", folder.path() / "b");
  TarStream tar(folder.path(), {});
  CHECK(listing(read_all(tar, 1000)).find("b link to a\n") != std::string::npos);
}

TEST_CASE("a file that shrinks while it is read is an error") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "big") << std::string(500'000, 'b');
  TarStream tar(folder.path(), {});
  std::string buffer(1024, '\0');
  REQUIRE(tar.read(buffer));
  std::filesystem::resize_file(folder.path() / "big", 10);
  Result<std::size_t> count = std::size_t{1};
  while (count && *count > 0) count = tar.read(buffer);
  REQUIRE_FALSE(count);
  CHECK(count.error().message.find("became shorter") != std::string::npos);
}

TEST_CASE("an unreadable file is an error that names it") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "gone") << "x";
  Walker walker(folder.path(), {});
  TarStream tar(folder.path() / "nothing-here", {});
  std::string buffer(100'000, '\0');
  CHECK(tar.read(buffer).value() == 1024);  // an empty archive: two blocks of zeros
}

}  // namespace saasctl::tar_test
