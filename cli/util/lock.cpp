#include "util/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "util/text.hpp"

namespace saasctl {
namespace {

std::string content_of(int descriptor) {
  std::array<char, 512> buffer{};
  const auto count = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  return count > 0 ? std::string(trim(std::string_view(buffer.data(), static_cast<std::size_t>(count)))) : "";
}

}  // namespace

FileLock::~FileLock() {
  if (!descriptor_) return;
  // The holder is gone before the lock is: nobody reads the name of somebody who no longer has it.
  static_cast<void>(!::ftruncate(descriptor_.get(), 0));
}

Result<FileLock> FileLock::try_take(const std::filesystem::path& path, const std::string& holder) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failure(fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  const int descriptor = file.get();
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    auto said = content_of(descriptor);
    if (error == EWOULDBLOCK) return failure(Fault::conflict, std::move(said));
    return failure(fmt::format("cannot lock {}: {}", path.string(), std::strerror(error)));
  }
  const bool written = ::ftruncate(descriptor, 0) == 0 &&
                       ::pwrite(descriptor, holder.data(), holder.size(), 0) == static_cast<ssize_t>(holder.size());
  // On a full disk the lock holds all the same, without a name.
  if (!written) static_cast<void>(!::ftruncate(descriptor, 0));
  return FileLock(std::move(file));
}

}  // namespace saasctl
