#include "util/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

#include "util/descriptor.hpp"
#include "util/input.hpp"
#include "util/private_file.hpp"
#include "util/wait.hpp"

namespace saasctl {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> system_failure(std::string_view action, std::string_view shown, int error) {
  const auto kind = error == ENOENT ? ErrorKind::not_found : ErrorKind::failed;
  return failure(kind, fmt::format("cannot {} {}: {}", action, shown, std::strerror(error)));
}

std::unexpected<Error> unreadable(std::string_view shown, std::string_view what, std::string hint = {}) {
  return failure(fmt::format("cannot read {}: {}", shown, what), std::move(hint));
}

std::unexpected<Error> too_large(std::string_view shown, const FileKind& kind) {
  const auto size = kind.limit % mebibyte == 0 ? fmt::format("{} MiB", kind.limit / mebibyte)
                                               : fmt::format("{} KiB", kind.limit / 1024);
  return unreadable(shown, fmt::format("it is larger than {}, the limit for {}", size, kind.name));
}

// Reads to the end. `stop` is absent for what must not be waited for.
class WholeReader {
 public:
  WholeReader(int descriptor, const FileKind& kind, const std::stop_token* stop, std::string_view shown)
      : descriptor_(descriptor), kind_(kind), stop_(stop), shown_(shown) {}

  Result<std::string> read() {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return system_failure("read", shown_, errno);
    if (S_ISDIR(status.st_mode)) return unreadable(shown_, "it is a folder", "name a file in it");
    // Regular files are always ready for poll(2), and a pipe is empty at first: without a writer it seems at its end.
    const bool regular = S_ISREG(status.st_mode);
    if (S_ISFIFO(status.st_mode) && !stop_)
      return unreadable(shown_, "it is a pipe", "write its text to a regular file");
    if (regular && static_cast<std::uintmax_t>(status.st_size) > kind_.limit) return too_large(shown_, kind_);
    std::string content;
    for (bool wait = !regular && stop_; content.size() <= kind_.limit;) {
      if (stop_ && stop_->stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
      if (wait) {
        if (auto ready = wait_until_ready(); !ready) return std::unexpected(ready.error());
      }
      const auto count = ::read(descriptor_, buffer_.data(), buffer_.size());
      if (count == 0) return content;
      if (count > 0) content.append(buffer_.data(), static_cast<std::size_t>(count));
      if (count >= 0 || errno == EINTR) continue;
      if (errno != EAGAIN) return system_failure("read", shown_, errno);
      if (!stop_) return unreadable(shown_, "it has nothing to read", "write its text to a regular file");
      // A device may seem ready for ever and give nothing.
      if (std::exchange(wait, true)) pause(std::chrono::milliseconds(10), *stop_);
    }
    return too_large(shown_, kind_);
  }

 private:
  Result<void> wait_until_ready() {
    if (!signal_) signal_.emplace(*stop_);
    return wait_ready(descriptor_, POLLIN, std::nullopt, *signal_);
  }

  int descriptor_;
  const FileKind& kind_;
  const std::stop_token* stop_;
  std::string_view shown_;
  std::optional<StopSignal> signal_;
  std::array<char, 65536> buffer_;
};

// O_NONBLOCK: opening a pipe must not wait for its writer, whom read() waits for.
Result<std::string> open_and_read(const fs::path& path, const FileKind& kind, const std::stop_token* stop,
                                  std::string_view shown) {
  if (path.native().find('\0') != std::string::npos) return unreadable(shown, "its name has a zero byte");
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file) return WholeReader(file.get(), kind, stop, shown).read();
  const int reason = errno;
  struct stat status {};
  if (reason == ENXIO && ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
    return unreadable(shown, "it is a socket", "name a file");
  return system_failure("read", shown, reason);
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool is_special(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

Result<void> write_in_place(const fs::path& path, std::string_view content) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  if (!file || !write_all(file.get(), content) || !file.close()) return system_failure("write", path.string(), errno);
  return {};
}

// Gives a complete file its name: 0, or the reason as errno has it.
using GiveName = int (*)(const char* temporary, const char* path);

int replace(const char* temporary, const char* path) {
  return ::rename(temporary, path) == 0 ? 0 : errno;
}

int keep_existing(const char* temporary, const char* path) {
  if (::renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without this flag.
  if (::link(temporary, path) != 0) return errno;
  ::unlink(temporary);
  return 0;
}

Result<void> write_complete(const fs::path& path, std::string_view content, unsigned mode, GiveName give_name) {
  std::string temporary = path.string() + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return system_failure("write", path.string(), errno);
  const bool written =
      write_all(file.get(), content) && ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0 && file.close();
  const int reason = written ? give_name(temporary.c_str(), path.c_str()) : errno;
  if (reason == 0) return {};
  ::unlink(temporary.c_str());
  if (reason == EEXIST) return failure(ErrorKind::conflict, path.string() + " exists");
  return system_failure("write", path.string(), reason);
}

bool is_left_over(const fs::path& folder, const fs::path& base) {
  struct stat status {};
  std::error_code error;
  const auto below = folder.lexically_relative(base);
  const bool inside = !below.empty() && below != "." && *below.begin() != "..";
  const bool own = ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
  // Mode 0000: a try under umask 0777 that was killed.
  return inside && own && ((status.st_mode & 0777U) == 0 || (fs::is_empty(folder, error) && !error));
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  return read_file(path, any_file);
}

Result<std::string> read_file(const fs::path& path, const FileKind& kind) {
  return open_and_read(path, kind, nullptr, path.string());
}

Result<std::string> read_input(const fs::path& path, const FileKind& kind, const std::stop_token& stop,
                               std::string_view shown) {
  return open_and_read(path, kind, &stop, shown);
}

Result<std::string> read_descriptor(int descriptor, const FileKind& kind, const std::stop_token& stop,
                                    std::string_view shown) {
  return WholeReader(descriptor, kind, &stop, shown).read();
}

Result<void> write_file_atomic(const fs::path& path, std::string_view content, unsigned mode) {
  if (is_special(path)) return write_in_place(path, content);
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) return failure(fmt::format("cannot make folder {}: {}", path.parent_path().string(), error.message()));
  return write_complete(path, content, mode, replace);
}

Result<void> write_new_file(const fs::path& path, std::string_view content, unsigned mode) {
  return write_complete(path, content, mode, keep_existing);
}

Result<void> make_private_folders(const fs::path& folder, const fs::path& base) {
  std::vector<fs::path> missing;
  std::error_code error;
  auto at = folder;
  for (; !at.empty() && !fs::exists(at, error); at = at.parent_path()) {
    missing.push_back(at);
    if (at == at.parent_path()) break;
  }
  if (missing.empty() && is_left_over(folder, base)) missing.push_back(folder);
  for (auto each = missing.rbegin(); each != missing.rend(); ++each) {
    const bool made = ::mkdir(each->c_str(), 0700) == 0;
    // Another process may have made it meanwhile.
    if (!made && errno != EEXIST)
      return failure(fmt::format("cannot make folder {}: {}", each->string(), std::strerror(errno)));
    if ((made || is_left_over(*each, base)) && ::chmod(each->c_str(), 0700) != 0)
      return failure(fmt::format("cannot make folder {} private: {}", each->string(), std::strerror(errno)));
  }
  return {};
}

}  // namespace saasctl
