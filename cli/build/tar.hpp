// A build context as a tar stream, for builders that take no files over a session.
// Source: POSIX.1-2001 pax interchange format, as Docker Engine API 1.41, POST /build takes it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "build/context.hpp"
#include "util/result.hpp"

namespace saasctl::build {

// Produces the stream piece by piece; memory does not grow with the context. Owners are 0, so that what is built does
// not depend on who builds. One thread at a time.
class TarStream {
 public:
  TarStream(std::filesystem::path root, PathFilter filter);
  TarStream(TarStream&&) noexcept;
  TarStream& operator=(TarStream&&) noexcept;
  ~TarStream();

  // A file that is not in the walk, put before it: a Dockerfile from outside of the context.
  void add_file(std::string path, std::string content);

  // Fills the buffer and returns how many bytes it wrote; 0 at the end. Errors: a file that can not be read or shrinks
  // while it is.
  Result<std::size_t> read(std::span<char> buffer);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saasctl::build
