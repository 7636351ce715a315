#include "util/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "util/descriptor.hpp"

namespace saasctl {
namespace {

std::unexpected<Error> system_failure(std::string_view action, const std::filesystem::path& path, int error) {
  const auto fault = error == ENOENT ? Fault::not_found : Fault::failed;
  return failure(fault, fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(error)));
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

bool is_special(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

Result<void> write_in_place(const std::filesystem::path& path, std::string_view content) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  if (!file || !write_all(file.get(), content) || !file.close()) return system_failure("write", path, errno);
  return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_failure("read", path, errno);
  std::string content;
  char buffer[65536];
  for (;;) {
    const auto count = ::read(file.get(), buffer, sizeof buffer);
    if (count == 0) return content;
    if (count > 0) {
      content.append(buffer, static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return system_failure("read", path, errno);
    }
  }
}

Result<void> write_file_atomic(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  if (is_special(path)) return write_in_place(path, content);
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return failure(fmt::format("cannot make folder {}: {}", path.parent_path().string(), error.message()));

  std::string temporary = path.string() + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return system_failure("write", path, errno);
  const bool written = write_all(file.get(), content) && ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0 &&
                       file.close() && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return system_failure("write", path, reason);
  }
  return {};
}

}  // namespace saasctl
