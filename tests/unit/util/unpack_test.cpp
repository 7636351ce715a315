// Packing and unpacking tar archives: what was put in comes out, and nothing comes out elsewhere.
#include "util/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "util/descriptor.hpp"
#include "util/file.hpp"
#include "util/pack.hpp"

namespace saasctl::unpack_test {

namespace fs = std::filesystem;

namespace {

struct Item {
  std::string name;
  std::string content = {};
  mode_t type = AE_IFREG;
  std::string link = {};
  bool hard = false;
};

Descriptor file_of(const std::string& bytes) {
  Descriptor file(::memfd_create("archive", MFD_CLOEXEC));
  REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return file;
}

la_ssize_t append(archive*, void* out, const void* bytes, size_t count) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

// An archive as nobody honest would make it.
Descriptor archive_of(const std::vector<Item>& items) {
  std::string bytes;
  archive* const out = archive_write_new();
  archive_write_set_format_pax_restricted(out);
  archive_write_open(out, &bytes, nullptr, append, nullptr);
  for (const auto& item : items) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, item.name.c_str());
    archive_entry_set_filetype(entry, item.type);
    archive_entry_set_perm(entry, item.type == AE_IFDIR ? 0755 : 04644);
    archive_entry_set_mtime(entry, 1'000'000'000, 0);
    archive_entry_set_size(entry, static_cast<la_int64_t>(item.content.size()));
    if (item.type == AE_IFLNK) archive_entry_set_symlink(entry, item.link.c_str());
    if (item.hard) archive_entry_set_hardlink(entry, item.link.c_str());
    REQUIRE(archive_write_header(out, entry) == ARCHIVE_OK);
    if (!item.content.empty()) archive_write_data(out, item.content.data(), item.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  return file_of(bytes);
}

Descriptor packed(Pack pack) {
  std::string bytes;
  std::array<char, 777> buffer{};
  for (;;) {
    const auto count = pack.read(buffer);
    REQUIRE(count);
    if (*count == 0) return file_of(bytes);
    bytes.append(buffer.data(), *count);
  }
}

std::string said(const Result<Unpacked>& result) {
  return result ? "" : result.error().message;
}

std::string text_of(const fs::path& path) {
  return read_file(path).value_or("(none)");
}

}  // namespace

TEST_CASE("a packed folder unpacks to the same") {
  const TemporaryFolder from, to;
  REQUIRE(write_file_atomic(from.path() / "a/b/big", std::string(300'000, 'x')));
  REQUIRE(write_file_atomic(from.path() / "a/run", "text", 0755));
  fs::create_directory(from.path() / "a/empty");
  fs::create_symlink("b/big", from.path() / "a/link");
  Pack pack;
  pack.add(from.path() / "a", "a");
  const auto file = packed(std::move(pack));
  for (const auto& top :
       {std::optional<std::string>(), std::optional<std::string>("new"), std::optional<std::string>("")}) {
    const auto unpacked = unpack_archive(file.get(), to.path(), {.top = top}, {});
    INFO(said(unpacked));
    REQUIRE(unpacked);
    CHECK(unpacked->files == 3);
    const auto root = to.path() / top.value_or("a");
    CHECK(text_of(root / "b/big") == std::string(300'000, 'x'));
    CHECK(fs::status(root / "run").permissions() == fs::perms(0755));
    CHECK(fs::is_directory(root / "empty"));
    CHECK(fs::read_symlink(root / "link") == "b/big");
  }
}

TEST_CASE("no name of an archive is taken for a file that is not complete") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "there");
  REQUIRE(write_file_atomic(folder.path() / "there/.saasctl-unpacking", "kept"));
  const auto file = archive_of({{"d/", {}, AE_IFDIR},
                                {"d/.saasctl-unpacking", "its own"},
                                {"d/file", "text"},
                                {"e/.saasctl-unpacking/", {}, AE_IFDIR},
                                {"e/file", "text"},
                                {"e/link", {}, AE_IFLNK, "file"},
                                {"there/file", "text"}});
  const auto unpacked = unpack_archive(file.get(), folder.path(), {}, {});
  INFO(said(unpacked));
  REQUIRE(unpacked);
  CHECK(text_of(folder.path() / "d/.saasctl-unpacking") == "its own");
  CHECK(fs::is_directory(folder.path() / "e/.saasctl-unpacking"));
  CHECK(text_of(folder.path() / "there/.saasctl-unpacking") == "kept");
  for (const char* name : {"d/file", "e/file", "e/link", "there/file"}) CHECK(text_of(folder.path() / name) == "text");
  CHECK(std::distance(fs::directory_iterator(folder.path() / "d"), fs::directory_iterator()) == 2);
}

TEST_CASE("names that lead out of the folder are refused before anything is written") {
  const TemporaryFolder folder;
  const auto inside = folder.path() / "in";
  fs::create_directory(inside);
  for (const auto* name : {"../out", "a/../../out", "/tmp/saasctl-test-out", "a/.."}) {
    INFO(name);
    const auto result = unpack_archive(archive_of({{"first", "1"}, {name, "2"}}).get(), inside, {}, {});
    REQUIRE_FALSE(result);
    CHECK(said(result).starts_with("cannot unpack " + std::string(name)));
    CHECK(fs::is_empty(inside));
    CHECK_FALSE(fs::exists(folder.path() / "out"));
  }
  const auto hard = unpack_archive(
      archive_of({{.name = "link", .content = {}, .type = AE_IFREG, .link = "../secret", .hard = true}}).get(), inside,
      {}, {});
  CHECK(said(hard).find("leads out") != std::string::npos);
}

TEST_CASE("no symbolic link is followed, neither the archive's nor one that was there") {
  const TemporaryFolder folder;
  const auto inside = folder.path() / "in";
  fs::create_directories(folder.path() / "elsewhere");
  fs::create_directories(inside);
  const auto by_archive = unpack_archive(
      archive_of({{.name = "d", .content = {}, .type = AE_IFLNK, .link = "../elsewhere"}, {"d/file", "x"}}).get(),
      inside, {}, {});
  CHECK(said(by_archive).find("links are not followed") != std::string::npos);
  CHECK(fs::is_empty(folder.path() / "elsewhere"));

  fs::create_directory_symlink("../elsewhere", inside / "e");
  CHECK_FALSE(unpack_archive(archive_of({{"e/file", "x"}}).get(), inside, {}, {}));
  CHECK_FALSE(
      unpack_archive(archive_of({{.name = "e", .content = {}, .type = AE_IFDIR, .link = {}}}).get(), inside, {}, {}));
  CHECK(fs::is_empty(folder.path() / "elsewhere"));

  // A file takes the place of a link, not of what it leads to.
  REQUIRE(write_file_atomic(folder.path() / "kept", "kept"));
  fs::create_symlink("../kept", inside / "f");
  REQUIRE(unpack_archive(archive_of({{"f", "new"}}).get(), inside, {}, {}));
  CHECK(text_of(folder.path() / "kept") == "kept");
  CHECK_FALSE(fs::is_symlink(inside / "f"));

  // A hard link to a symbolic link is one to the link itself.
  fs::create_symlink("../kept", inside / "g");
  REQUIRE(unpack_archive(
      archive_of({{.name = "h", .content = {}, .type = AE_IFREG, .link = "g", .hard = true}, {"h", "new"}}).get(),
      inside, {}, {}));
  CHECK(text_of(folder.path() / "kept") == "kept");
}

TEST_CASE("an existing file is replaced whole or stays") {
  const TemporaryFolder folder;
  REQUIRE(write_file_atomic(folder.path() / "file", "old"));
  const auto whole = archive_of({{"file", std::string(100'000, 'n')}});
  std::string bytes(20'000, '\0');
  REQUIRE(::pread(whole.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  const auto cut = file_of(bytes);
  const auto broken = unpack_archive(cut.get(), folder.path(), {}, {});
  CHECK(said(broken).starts_with("the archive cannot be read"));
  CHECK(text_of(folder.path() / "file") == "old");
  REQUIRE(unpack_archive(whole.get(), folder.path(), {}, {}));
  CHECK(text_of(folder.path() / "file") == std::string(100'000, 'n'));
  CHECK((fs::status(folder.path() / "file").permissions() & fs::perms::set_uid) == fs::perms::none);
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("folders and files do not take each other's place, and devices are left out") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "d");
  REQUIRE(write_file_atomic(folder.path() / "f", "old"));
  CHECK(said(unpack_archive(archive_of({{"d", "x"}}).get(), folder.path(), {}, {})).find("a folder of this name") !=
        std::string::npos);
  CHECK_FALSE(unpack_archive(archive_of({{"f/g", "x"}}).get(), folder.path(), {}, {}));
  CHECK(text_of(folder.path() / "f") == "old");
  const auto pipe =
      unpack_archive(archive_of({{.name = "p", .content = {}, .type = AE_IFIFO, .link = {}}, {"after", "x"}}).get(),
                     folder.path(), {}, {});
  REQUIRE(pipe);
  CHECK(pipe->left_out == std::vector<std::string>{"p"});
  CHECK(text_of(folder.path() / "after") == "x");
  CHECK(unpack_archive(archive_of({{"x", "x"}}).get(), folder.path() / "none", {}, {}).error().kind ==
        ErrorKind::not_found);
  std::stop_source stop;
  stop.request_stop();
  CHECK(unpack_archive(archive_of({{"x", "x"}}).get(), folder.path(), {}, stop.get_token()).error().kind ==
        ErrorKind::interrupted);
}

}  // namespace saasctl::unpack_test
