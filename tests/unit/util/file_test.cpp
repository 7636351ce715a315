#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "util/archive.hpp"
#include "util/descriptor.hpp"
#include "util/input.hpp"
#include "util/private_file.hpp"
#include "util/tcp.hpp"

namespace saasctl::file_test {

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
  CHECK(read_file("/nonexistent/file").error().kind == ErrorKind::not_found);
  CHECK(read_file("/").error().kind == ErrorKind::failed);
  CHECK(read_file("/dev/null") == "");
}

TEST_CASE("a file over the limit is named with the limit, also when it has no size or no end") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  const FileKind kind{"a thing", 2 * mebibyte};
  REQUIRE(write_file_atomic(path, std::string(kind.limit, 'x')));
  CHECK(read_file(path, kind)->size() == kind.limit);
  REQUIRE(write_file_atomic(path, std::string(kind.limit + 1, 'x')));
  CHECK(read_file(path, kind).error().message ==
        "cannot read " + path.string() + ": it is larger than 2 MiB, the limit for a thing");
  for (const char* endless : {"/dev/zero", "/dev/full", "/dev/urandom", "/proc/self/pagemap"}) {
    INFO(endless);
    const auto ended = std::string("cannot read ") + endless + ": it is larger than 2 MiB, the limit for a thing";
    CHECK(read_file(endless, kind).error().message == ended);
    CHECK(read_input(endless, kind, {}, endless).error().message == ended);
  }
}

TEST_CASE("a file that cannot be read is an error with the reason") {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe", loop = folder.path() / "loop";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_symlink("loop", loop);
  const std::pair<fs::path, std::string> unreadable[] = {
      {folder.path(), "it is a folder"},
      {pipe, "it is a pipe"},
      {loop, "Too many levels of symbolic links"},
      {"/proc/self/mem", "Input/output error"},
      {fs::path(std::string("/dev/null\0x", 11)), "its name has a zero byte"},
      {loop / "below", "Too many levels of symbolic links"},
  };
  for (const auto& [path, reason] : unreadable) {
    INFO(path << " " << reason);
    const auto text = read_file(path);
    REQUIRE_FALSE(text);
    CHECK(text.error().kind == ErrorKind::failed);
    CHECK(text.error().message == "cannot read " + path.string() + ": " + reason);
  }
}

TEST_CASE("a pipe is read until its writer has closed it, and the wait for a writer ends with the token") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  {
    const std::jthread writer([&] {
      const Descriptor out(::open(path.c_str(), O_WRONLY | O_CLOEXEC));  // waits for the reader
      for (const std::string_view part : {"one ", "two"}) {
        std::this_thread::sleep_for(20ms);
        if (::write(out.get(), part.data(), part.size()) < 0) return;
      }
    });
    CHECK(read_input(path, any_file, {}, "pipe") == "one two");
  }
  std::stop_source stop;
  const std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  CHECK(read_input(path, any_file, stop.get_token(), "pipe").error().kind == ErrorKind::interrupted);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("a new file does not take the place of one that exists, or of a link") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file", link = folder.path() / "link";
  REQUIRE(write_new_file(path, "first", 0440));
  CHECK((fs::status(path).permissions() & fs::perms::mask) == fs::perms(0440));
  CHECK(write_new_file(path, "second", 0600).error().kind == ErrorKind::conflict);
  CHECK(read_file(path) == "first");
  fs::create_symlink("nowhere", link);
  CHECK(write_new_file(link, "x", 0600).error().kind == ErrorKind::conflict);
  CHECK(files_in(folder.path()) == 2);
  CHECK(write_new_file(folder.path() / "gone" / "file", "x", 0600).error().kind == ErrorKind::not_found);
}

TEST_CASE("private folders have mode 0700 whatever the umask, and folders that were there keep theirs") {
  const TemporaryFolder folder;
  const auto mode_of = [&](const char* name) {
    return static_cast<unsigned>(fs::status(folder.path() / name).permissions() & fs::perms::mask);
  };
  for (const mode_t mask : {0000U, 0022U, 0777U}) {
    INFO(mask);
    const auto top = folder.path() / fmt::format("mask{}", mask);
    const auto before = ::umask(mask);
    const auto made = make_private_folders(top / "b", folder.path());
    ::umask(before);
    REQUIRE(made);
    CHECK(mode_of(top.filename().c_str()) == 0700);
    CHECK(mode_of((top.filename() / "b").c_str()) == 0700);
  }
  fs::create_directories(folder.path() / "used");
  fs::create_directories(folder.path() / "empty");
  REQUIRE(write_file_atomic(folder.path() / "used/file", "x"));
  for (const char* name : {"used", "empty"}) fs::permissions(folder.path() / name, fs::perms(0755));
  REQUIRE(make_private_folders(folder.path() / "used", folder.path()));
  CHECK(mode_of("used") == 0755);
  REQUIRE(make_private_folders(folder.path() / "empty", folder.path() / "used"));
  CHECK(mode_of("empty") == 0755);
  REQUIRE(make_private_folders(folder.path() / "empty", folder.path()));
  CHECK(mode_of("empty") == 0700);
  CHECK(make_private_folders(folder.path() / "used/file/below", folder.path())
            .error()
            .message.find("cannot make folder") == 0);
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
  CHECK(probe_tcp("127.0.0.1", 1, 1s, 20ms, {}).error().kind == ErrorKind::failed);
  CHECK(probe_tcp("localhost", 1, 1s, 20ms, {}).error().message == "connect to http://localhost:1: Connection refused");
  CHECK(probe_tcp("::1", 1, 1s, 20ms, {}).error().message.starts_with("connect to http://[::1]:1: "));
  CHECK(
      probe_tcp("nobody.invalid", 1, 1s, 20ms, {}).error().message.starts_with("connect to http://nobody.invalid:1: "));
}

}  // namespace saasctl::file_test
