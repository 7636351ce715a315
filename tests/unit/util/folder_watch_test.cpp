// Changes of a folder, as the system tells them.
#include "util/folder_watch.hpp"

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "util/file.hpp"

namespace saasctl::folder_watch_test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

class Watched {
 public:
  Watched() {
    auto opened = FolderWatch::open([](const fs::path& path) { return path.filename() == "skipped"; });
    REQUIRE(opened);
    watch_.emplace(std::move(*opened));
  }
  void add(const std::string& name) { REQUIRE(watch_->add(path(name))); }
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& text = "x") const {
    REQUIRE(write_file_atomic(path(name), text));  // renames over, as careful editors do
  }

  // What has changed, relative and without the temporary files of write().
  std::set<std::string> changes() {
    const auto found = watch_->next(30ms, {});
    REQUIRE(found);
    std::set<std::string> names;
    for (const auto& changed : found->paths) {  // write() makes its file as NAME.XXXXXX first
      const auto name = changed.lexically_relative(folder_.path()).string();
      if (name.find('.') == std::string::npos) names.insert(name);
    }
    return names;
  }
  FolderWatch& watch() { return *watch_; }

 private:
  TemporaryFolder folder_;
  std::optional<FolderWatch> watch_;
};

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("files that are written, replaced, moved and removed are seen") {
  Watched folder;
  folder.write("src/a/file");
  folder.write("src/a/gone");
  folder.add("src");
  folder.write("src/a/file", "new");
  CHECK(folder.changes() == Names{"src/a/file"});
  fs::remove(folder.path("src/a/gone"));
  CHECK(folder.changes() == Names{"src/a/gone"});
  fs::rename(folder.path("src/a/file"), folder.path("src/moved"));
  CHECK(folder.changes().contains("src/moved"));
}

TEST_CASE("new folders are watched with all that they hold already") {
  Watched folder;
  fs::create_directories(folder.path("src"));
  folder.write("outside/deep/er/file");
  folder.add("src");
  fs::rename(folder.path("outside"), folder.path("src/in"));
  CHECK(folder.changes() == Names{"src/in", "src/in/deep", "src/in/deep/er", "src/in/deep/er/file"});
  folder.write("src/in/deep/er/file", "new");
  CHECK(folder.changes() == Names{"src/in/deep/er/file"});
  fs::rename(folder.path("src/in"), folder.path("src/other"));
  CHECK(folder.changes().contains("src/other/deep/er/file"));
  folder.write("src/other/deep/more");
  CHECK(folder.changes() == Names{"src/other/deep/more"});
}

TEST_CASE("a root may be a file, and may go and come again") {
  Watched folder;
  folder.write("one/config", "old");
  folder.write("one/neighbour");
  folder.add("one/config");
  folder.write("one/neighbour", "new");
  folder.write("one/config", "new");
  CHECK(folder.changes() == Names{"one/config"});
  folder.add("gone");
  fs::create_directories(folder.path("gone"));
  CHECK(folder.changes() == Names{"gone"});
  folder.write("gone/file");
  CHECK(folder.changes() == Names{"gone/file"});
  fs::remove_all(folder.path("gone"));
  CHECK(folder.changes() == Names{"gone", "gone/file"});
}

TEST_CASE("skipped folders are not looked into") {
  Watched folder;
  folder.write("src/skipped/file");
  folder.write("src/file");
  folder.add("src");
  folder.write("src/skipped/file", "new");
  folder.write("src/file", "new");
  CHECK(folder.changes() == Names{"src/file"});
}

TEST_CASE("changes that follow each other come together, and a token ends the wait") {
  Watched folder;
  fs::create_directories(folder.path("src"));
  folder.add("src");
  for (int i = 0; i < 50; ++i) folder.write("src/" + std::to_string(i));
  CHECK(folder.changes().size() == 50);
  std::stop_source stop;
  stop.request_stop();
  const auto ended = folder.watch().next(30ms, stop.get_token());
  REQUIRE_FALSE(ended);
  CHECK(ended.error().kind == ErrorKind::interrupted);
  CHECK_FALSE(folder.watch().add(folder.path("no/such/parent")));
}

}  // namespace saasctl::folder_watch_test
