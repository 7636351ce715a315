// A lock between processes of one user that goes with its holder, however that one ends.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "util/descriptor.hpp"
#include "util/result.hpp"

namespace saasctl {

// An exclusive flock(2) on a file that says who holds it. The file stays when the lock is freed: removing it would let
// two processes lock two files of one name.
class FileLock {
 public:
  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  // Takes the lock and writes `holder` into the file. conflict: somebody else has it; the message is what that one has
  // written. failed: the file cannot be made or opened.
  static Result<FileLock> try_take(const std::filesystem::path& path, const std::string& holder);

 private:
  explicit FileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
};

}  // namespace saasctl
