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

// "NUMBER", and in a second line the holder while there is one.
struct Content {
  std::uint64_t number = 0;
  std::string holder;
};

Content content_of(int descriptor) {
  std::array<char, 512> buffer{};
  const auto count = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  if (count <= 0) return {};
  const auto lines = split(std::string(buffer.data(), static_cast<std::size_t>(count)), '\n');
  const auto number = parse_integer(lines.front());
  return {number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0, std::string(trim(lines.size() > 1 ? lines[1]
                                                                                            : number         ? ""
                                                                                                     : lines.front()))};
}

bool write(int descriptor, const std::string& text) {
  return ::ftruncate(descriptor, 0) == 0 &&
         ::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

FileLock::~FileLock() {
  if (!descriptor_) return;
  // The holder is gone before the lock is: nobody reads the name of somebody who no longer has it.
  static_cast<void>(write(descriptor_.get(), fmt::format("{}\n", number_)));
}

Result<FileLock> FileLock::try_take(const std::filesystem::path& path, const std::string& holder) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failure(fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  const int descriptor = file.get();
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    auto said = content_of(descriptor).holder;
    if (error == EWOULDBLOCK) return failure(ErrorKind::conflict, std::move(said));
    return failure(fmt::format("cannot lock {}: {}", path.string(), std::strerror(error)));
  }
  FileLock lock(std::move(file), content_of(descriptor).number, holder);
  lock.write_content();
  return lock;
}

void FileLock::count() {
  ++number_;
  write_content();
}

// On a full disk the lock holds all the same, without a name.
void FileLock::write_content() const {
  const int descriptor = descriptor_.get();
  if (!write(descriptor, fmt::format("{}\n{}\n", number_, holder_))) static_cast<void>(!::ftruncate(descriptor, 0));
}

}  // namespace saasctl
