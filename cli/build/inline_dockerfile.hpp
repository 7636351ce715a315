// A Dockerfile that stands in the stack file, as the file that the builder asks for.
#pragma once

#include <filesystem>
#include <string>

#include "util/result.hpp"

namespace saasctl::build {

// Holds a folder of its own below the system's temporary one, readable by this user only; gone with the object.
class InlineDockerfile {
 public:
  static Result<InlineDockerfile> write(const std::string& text);

  InlineDockerfile(InlineDockerfile&& other) noexcept;
  InlineDockerfile& operator=(InlineDockerfile&&) = delete;
  ~InlineDockerfile();

  std::filesystem::path path() const { return folder_ / "Dockerfile"; }

 private:
  explicit InlineDockerfile(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
};

}  // namespace saasctl::build
