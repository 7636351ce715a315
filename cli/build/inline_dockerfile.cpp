#include "build/inline_dockerfile.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "util/file.hpp"

namespace saasctl::build {

Result<InlineDockerfile> InlineDockerfile::write(const std::string& text) {
  std::error_code error;
  auto name = (std::filesystem::temp_directory_path(error) / "saasctl-dockerfile-XXXXXX").string();
  if (error || !mkdtemp(name.data())) {
    return failure(fmt::format("cannot make a folder for the Dockerfile: {}",
                               error ? error.message() : std::generic_category().message(errno)));
  }
  InlineDockerfile file{std::filesystem::path(name)};
  if (auto written = write_file_atomic(file.path(), text); !written) return std::unexpected(written.error());
  return file;
}

InlineDockerfile::InlineDockerfile(InlineDockerfile&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}

InlineDockerfile::~InlineDockerfile() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace saasctl::build
