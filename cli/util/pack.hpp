// A file or folder of ours as a tar stream.
// Source: POSIX.1-2001 pax interchange format.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "util/result.hpp"

namespace saasctl {

struct PackOptions {
  bool owners = false;  // as they are here; otherwise everything belongs to root
};

// Produces the stream piece by piece; memory does not grow with the content. Symbolic links are packed as such,
// sockets, devices and pipes are left out. One thread at a time.
class Pack {
 public:
  explicit Pack(PackOptions options = {});
  Pack(Pack&&) noexcept;
  Pack& operator=(Pack&&) noexcept;
  ~Pack();

  // Adds `path`, a folder with all it holds, under `name`. With an empty name only a folder's content is added.
  void add(std::filesystem::path path, std::string name);

  // Adds `path` alone: of a folder nothing that it holds.
  void add_alone(std::filesystem::path path, std::string name);

  // Fills the buffer and returns how many bytes it wrote; 0 at the end. What is gone by the time it is its turn is left
  // out. Errors: a file that cannot be read or shrinks while it is.
  Result<std::size_t> read(std::span<char> buffer);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saasctl
