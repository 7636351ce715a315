#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "util/archive.hpp"
#include "util/descriptor.hpp"
#include "util/file.hpp"
#include "util/tcp.hpp"

using namespace saasctl;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// A file system of one page, which is full at once; only root can have one.
class TinyDisk {
 public:
  explicit TinyDisk(fs::path path) : path_(std::move(path)) {
    fs::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=8k") == 0;
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk() {
    if (mounted_) ::umount(path_.c_str());
  }
  bool mounted() const { return mounted_; }

 private:
  fs::path path_;
  bool mounted_ = false;
};

long files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("a file is written whole with its mode, in folders made for it") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a" / "b" / "secret";
  REQUIRE(write_file_atomic(path, "one", 0600));
  CHECK(read_file(path) == "one");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  REQUIRE(write_file_atomic(path, "two", 0644));
  CHECK(read_file(path) == "two");
  CHECK(files_in(path.parent_path()) == 1);
}

TEST_CASE("what cannot be written leaves the file as it was and nothing beside it") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "taken");
  const auto done = write_file_atomic(folder.path() / "taken", "x");
  REQUIRE_FALSE(done);
  CHECK(done.error().message.find("cannot write") == 0);
  CHECK(files_in(folder.path()) == 1);
  REQUIRE(write_file_atomic(folder.path() / "file", "x"));
  CHECK(write_file_atomic(folder.path() / "file" / "below", "x").error().message.find("cannot make folder") == 0);
}

TEST_CASE("a full disk keeps the old content") {
  const TemporaryFolder folder;
  const TinyDisk disk(folder.path() / "disk");
  if (!disk.mounted()) {
    WARN("no permission to mount a small file system: not tested");
    return;
  }
  const auto path = folder.path() / "disk" / "file";
  REQUIRE(write_file_atomic(path, "old"));
  const auto done = write_file_atomic(path, std::string(100'000, 'x'));
  REQUIRE_FALSE(done);
  CHECK(done.error().message.find("No space left on device") != std::string::npos);
  CHECK(read_file(path) == "old");
  CHECK(files_in(folder.path() / "disk") == 1);
}

TEST_CASE("a folder without write permission is named") {
  if (::geteuid() == 0) {
    // Permissions do not bind root; a file system that is not writable for anyone does.
    const auto done = write_file_atomic("/proc/saasctl-test", "x");
    REQUIRE_FALSE(done);
    CHECK(done.error().message.find("/proc/saasctl-test") != std::string::npos);
    return;
  }
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  CHECK(write_file_atomic(folder.path() / "file", "x").error().message.find("Permission denied") != std::string::npos);
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST_CASE("a file that is not there is told from one that cannot be read") {
  CHECK(read_file("/nonexistent/file").error().fault == Fault::not_found);
  CHECK(read_file("/").error().fault == Fault::failed);
  CHECK(read_file("/dev/null") == "");
}

TEST_CASE("what is no file is written to and not replaced") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const Descriptor reader(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  CHECK(write_file_atomic(path, "text"));
  CHECK(std::filesystem::is_fifo(path));
  std::string buffer(4, ' ');
  CHECK(::read(reader.get(), buffer.data(), buffer.size()) == 4);
  CHECK(buffer == "text");
}

TEST_CASE("an archive holds names, owners, modes and contents") {
  const auto bytes = make_archive(
      {{"run/a", "content", 0400, 10'001, 999}, {std::string(90, 'd') + "/b", std::string(3000, 'x'), 0644, 0, 0}});
  REQUIRE(bytes);
  archive* reader = archive_read_new();
  archive_read_support_format_tar(reader);
  REQUIRE(archive_read_open_memory(reader, bytes->data(), bytes->size()) == ARCHIVE_OK);
  archive_entry* entry = nullptr;
  REQUIRE(archive_read_next_header(reader, &entry) == ARCHIVE_OK);
  CHECK(std::string(archive_entry_pathname(entry)) == "run/a");
  CHECK(archive_entry_perm(entry) == 0400);
  CHECK(archive_entry_uid(entry) == 10'001);
  CHECK(archive_entry_gid(entry) == 999);
  std::string content(7, '\0');
  CHECK(archive_read_data(reader, content.data(), content.size()) == 7);
  CHECK(content == "content");
  REQUIRE(archive_read_next_header(reader, &entry) == ARCHIVE_OK);
  CHECK(archive_entry_size(entry) == 3000);
  CHECK(archive_read_next_header(reader, &entry) == ARCHIVE_EOF);
  archive_read_free(reader);
}

TEST_CASE("a port where nobody listens is refused, and a name is looked up") {
  CHECK(probe_tcp("127.0.0.1", 1, 1s, 20ms, {}).error().fault == Fault::failed);
  CHECK(probe_tcp("localhost", 1, 1s, 20ms, {}).error().message == "connect to http://localhost:1: Connection refused");
  CHECK(probe_tcp("::1", 1, 1s, 20ms, {}).error().message.starts_with("connect to http://[::1]:1: "));
  CHECK(
      probe_tcp("nobody.invalid", 1, 1s, 20ms, {}).error().message.starts_with("connect to http://nobody.invalid:1: "));
}
