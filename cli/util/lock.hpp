// A lock between processes of one user that goes with its holder, however that one ends.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "util/descriptor.hpp"
#include "util/result.hpp"

namespace saasctl {

// An exclusive flock(2) on a file that says who holds it, with a number that holders count up when they change what the
// lock protects: who finds the number of before has missed no change. The file stays when the lock is freed: removing
// it would let two processes lock two files of one name.
class FileLock {
 public:
  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  // Takes the lock and writes `holder` into the file. conflict: somebody else has it; the message is what that one has
  // written. failed: the file cannot be made or opened.
  static Result<FileLock> try_take(const std::filesystem::path& path, const std::string& holder);

  // How often count() was called for this file, 0 for a new one.
  std::uint64_t number() const { return number_; }
  // To be called before the change, so that a holder that is killed in the middle of it has counted. A full disk is no
  // error: the lock holds all the same.
  void count();

 private:
  FileLock(Descriptor descriptor, std::uint64_t number, std::string holder)
      : descriptor_(std::move(descriptor)), number_(number), holder_(std::move(holder)) {}

  void write_content() const;

  Descriptor descriptor_;
  std::uint64_t number_;
  std::string holder_;
};

}  // namespace saasctl
