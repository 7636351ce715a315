#include "util/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <random>

#include "util/descriptor.hpp"
#include "util/text.hpp"

namespace saasctl {
namespace {

using Components = std::vector<std::string>;

struct CloseArchive {
  void operator()(archive* value) const noexcept { archive_read_free(value); }
};
using Reader = std::unique_ptr<archive, CloseArchive>;

std::unexpected<Error> broken(archive* reader) {
  const char* text = archive_error_string(reader);
  return failure(fmt::format("the archive cannot be read: {}", text != nullptr ? text : "unknown reason"));
}

std::unexpected<Error> at_entry(const std::string& name, std::string_view what) {
  return failure(fmt::format("cannot unpack {}: {}", name, what));
}

std::unexpected<Error> system_failure(const std::string& name) {
  return at_entry(name, std::strerror(errno));
}

Result<Reader> open_archive(int file) {
  Reader reader(archive_read_new());
  if (!reader) throw std::bad_alloc();
  archive_read_support_format_tar(reader.get());
  if (::lseek(file, 0, SEEK_SET) != 0) return failure("the archive cannot be read again");
  if (archive_read_open_fd(reader.get(), file, 64 * 1024) != ARCHIVE_OK) return broken(reader.get());
  return reader;
}

// The parts of a name below the folder. Errors: an absolute name, "..".
Result<Components> components_of(const std::string& name, const std::optional<std::string>& top) {
  Components parts;
  for (auto& part : split(name, '/')) {
    if (part == "..") return at_entry(name, "its name leads out of the folder");
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  if (name.starts_with('/')) return at_entry(name, "its name is absolute");
  if (top && !parts.empty()) {
    parts.erase(parts.begin());
    if (!top->empty()) parts.insert(parts.begin(), *top);
  }
  return parts;
}

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::string temporary_name() {
  std::random_device random;
  return fmt::format(".saasctl-unpacking-{:08x}{:08x}", random(), random());
}

class Unpacker {
 public:
  Unpacker(Descriptor root, const UnpackOptions& options, std::stop_token stop)
      : root_(std::move(root)), options_(options), stop_(std::move(stop)) {}

  Result<Unpacked> run(int file);

 private:
  struct FolderMode {
    Components parts;
    std::string name;
    mode_t mode;
    timespec modified;
    uid_t uid;
    gid_t gid;
  };
  struct Entry {
    archive_entry* raw;
    std::string name;
    Components parts;
    mode_t mode() const { return archive_entry_perm(raw); }
    timespec modified() const { return {archive_entry_mtime(raw), archive_entry_mtime_nsec(raw)}; }
  };

  Result<void> check(int file) const;
  Result<void> take(archive* reader, const Entry& entry);
  Result<void> make_folder(const Entry& entry);
  Result<void> write_file(archive* reader, const Entry& entry);
  Result<void> write_content(archive* reader, int out, const Entry& entry) const;
  Result<void> make_link(const Entry& entry);
  Result<void> make_hard_link(const Entry& entry, const std::string& target);
  Result<void> settle_folders() const;
  Result<Descriptor> open_folder(const Components& parts, std::size_t count, const std::string& name) const;
  Result<void> give_name(int folder, const Entry& entry) const;
  mode_t allowed(mode_t mode) const { return options_.owners ? mode & 07777U : mode & 0777U; }

  Descriptor root_;
  const UnpackOptions& options_;
  std::stop_token stop_;
  // What is not complete yet. No name of an archive is this one: it was made before it could be known.
  const std::string temporary_ = temporary_name();
  Unpacked done_;
  std::vector<FolderMode> folders_;  // new ones, whose modes may forbid writing into them
};

Result<void> Unpacker::check(int file) const {
  auto reader = open_archive(file);
  if (!reader) return std::unexpected(reader.error());
  archive_entry* raw = nullptr;
  int code = ARCHIVE_OK;
  while ((code = archive_read_next_header(reader->get(), &raw)) == ARCHIVE_OK || code == ARCHIVE_WARN) {
    if (stop_.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    const auto hard_link = text_of(archive_entry_hardlink(raw));
    for (const auto& name : {text_of(archive_entry_pathname(raw)), hard_link}) {
      if (const auto parts = components_of(name, options_.top); !parts) return std::unexpected(parts.error());
    }
  }
  if (code != ARCHIVE_EOF) return broken(reader->get());
  return {};
}

Result<Unpacked> Unpacker::run(int file) {
  if (auto checked = check(file); !checked) return std::unexpected(checked.error());
  auto reader = open_archive(file);
  if (!reader) return std::unexpected(reader.error());
  archive_entry* raw = nullptr;
  int code = ARCHIVE_OK;
  while ((code = archive_read_next_header(reader->get(), &raw)) == ARCHIVE_OK || code == ARCHIVE_WARN) {
    if (stop_.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    Entry entry{raw, text_of(archive_entry_pathname(raw)), {}};
    entry.parts = components_of(entry.name, options_.top).value_or(Components());
    if (entry.parts.empty()) continue;  // the folder itself
    if (auto taken = take(reader->get(), entry); !taken) return std::unexpected(taken.error());
  }
  if (code != ARCHIVE_EOF) return broken(reader->get());
  if (auto settled = settle_folders(); !settled) return std::unexpected(settled.error());
  return std::move(done_);
}

Result<void> Unpacker::take(archive* reader, const Entry& entry) {
  if (const auto target = text_of(archive_entry_hardlink(entry.raw)); !target.empty())
    return make_hard_link(entry, target);
  switch (archive_entry_filetype(entry.raw)) {
    case AE_IFDIR:
      return make_folder(entry);
    case AE_IFREG:
      return write_file(reader, entry);
    case AE_IFLNK:
      return make_link(entry);
    default:
      done_.left_out.push_back(entry.name);
      return {};
  }
}

// The folder that the first `count` parts name, made when it is missing.
Result<Descriptor> Unpacker::open_folder(const Components& parts, std::size_t count, const std::string& name) const {
  Descriptor at(::openat(root_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at) return system_failure(name);
  for (std::size_t i = 0; i < count; ++i) {
    if (::mkdirat(at.get(), parts[i].c_str(), 0755) != 0 && errno != EEXIST) return system_failure(name);
    Descriptor next(::openat(at.get(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next && (errno == ELOOP || errno == ENOTDIR)) {
      return at_entry(name, fmt::format("'{}' exists and is not a folder (links are not followed)", parts[i]));
    }
    if (!next) return system_failure(name);
    at = std::move(next);
  }
  return at;
}

Result<void> Unpacker::make_folder(const Entry& entry) {
  const auto parent = open_folder(entry.parts, entry.parts.size() - 1, entry.name);
  if (!parent) return std::unexpected(parent.error());
  const auto& last = entry.parts.back();
  if (::mkdirat(parent->get(), last.c_str(), 0700) == 0) {
    folders_.push_back({entry.parts, entry.name, allowed(entry.mode()), entry.modified(),
                        static_cast<uid_t>(archive_entry_uid(entry.raw)),
                        static_cast<gid_t>(archive_entry_gid(entry.raw))});
    return {};
  }
  if (errno != EEXIST) return system_failure(entry.name);
  const auto there = open_folder(entry.parts, entry.parts.size(), entry.name);
  if (!there) return std::unexpected(there.error());
  return {};
}

// Renaming one of two names of the same file onto the other does nothing and leaves both (POSIX.1-2017, rename()).
Result<void> Unpacker::give_name(int folder, const Entry& entry) const {
  const int renamed = ::renameat(folder, temporary_.c_str(), folder, entry.parts.back().c_str());
  const int error = errno;
  ::unlinkat(folder, temporary_.c_str(), 0);
  if (renamed == 0) return {};
  return at_entry(entry.name, error == EISDIR ? "a folder of this name is there" : std::strerror(error));
}

Result<void> Unpacker::write_content(archive* reader, int out, const Entry& entry) const {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  int code = ARCHIVE_OK;
  while ((code = archive_read_data_block(reader, &data, &size, &offset)) == ARCHIVE_OK) {
    if (stop_.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    std::string_view bytes(static_cast<const char*>(data), size);
    while (!bytes.empty()) {
      const auto written = ::pwrite(out, bytes.data(), bytes.size(), offset);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_failure(entry.name);
      bytes.remove_prefix(static_cast<std::size_t>(written));
      offset += written;
    }
  }
  if (code != ARCHIVE_EOF) return broken(reader);
  const timespec times[] = {entry.modified(), entry.modified()};
  if (::ftruncate(out, archive_entry_size(entry.raw)) != 0) return system_failure(entry.name);
  if (options_.owners && ::fchown(out, static_cast<uid_t>(archive_entry_uid(entry.raw)),
                                  static_cast<gid_t>(archive_entry_gid(entry.raw))) != 0) {
    return system_failure(entry.name);
  }
  if (::fchmod(out, allowed(entry.mode())) != 0 || ::futimens(out, times) != 0) return system_failure(entry.name);
  return {};
}

Result<void> Unpacker::write_file(archive* reader, const Entry& entry) {
  const auto parent = open_folder(entry.parts, entry.parts.size() - 1, entry.name);
  if (!parent) return std::unexpected(parent.error());
  const Descriptor out(
      ::openat(parent->get(), temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out) return system_failure(entry.name);
  if (auto written = write_content(reader, out.get(), entry); !written) {
    ::unlinkat(parent->get(), temporary_.c_str(), 0);
    return written;
  }
  ++done_.files;
  return give_name(parent->get(), entry);
}

Result<void> Unpacker::make_link(const Entry& entry) {
  const auto parent = open_folder(entry.parts, entry.parts.size() - 1, entry.name);
  if (!parent) return std::unexpected(parent.error());
  if (::symlinkat(text_of(archive_entry_symlink(entry.raw)).c_str(), parent->get(), temporary_.c_str()) != 0)
    return system_failure(entry.name);
  ++done_.files;
  return give_name(parent->get(), entry);
}

Result<void> Unpacker::make_hard_link(const Entry& entry, const std::string& target) {
  const auto other = components_of(target, options_.top).value_or(Components());
  if (other.empty()) return at_entry(entry.name, "it is a link to nothing");
  const auto from = open_folder(other, other.size() - 1, entry.name);
  if (!from) return std::unexpected(from.error());
  const auto parent = open_folder(entry.parts, entry.parts.size() - 1, entry.name);
  if (!parent) return std::unexpected(parent.error());
  if (::linkat(from->get(), other.back().c_str(), parent->get(), temporary_.c_str(), 0) != 0)
    return system_failure(entry.name);
  ++done_.files;
  return give_name(parent->get(), entry);
}

// Innermost first, as writing into a folder changes its time.
Result<void> Unpacker::settle_folders() const {
  for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) {
    const auto there = open_folder(folder->parts, folder->parts.size(), folder->name);
    if (!there) return std::unexpected(there.error());
    const timespec times[] = {folder->modified, folder->modified};
    if (options_.owners && ::fchown(there->get(), folder->uid, folder->gid) != 0) return system_failure(folder->name);
    if (::fchmod(there->get(), folder->mode) != 0 || ::futimens(there->get(), times) != 0)
      return system_failure(folder->name);
  }
  return {};
}

}  // namespace

Result<Unpacked> unpack_archive(int archive, const std::filesystem::path& folder, const UnpackOptions& options,
                                std::stop_token stop) {
  Descriptor root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    return failure(errno == ENOENT ? ErrorKind::not_found : ErrorKind::failed,
                   fmt::format("cannot unpack into {}: {}", folder.string(), std::strerror(errno)));
  }
  return Unpacker(std::move(root), options, std::move(stop)).run(archive);
}

}  // namespace saasctl
