// Tar archives of others, unpacked below one folder and nowhere else.
// Source: POSIX.1-2001 pax interchange format, GNU tar extensions as libarchive reads them.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace saasctl {

struct UnpackOptions {
  // What the first component of every name becomes; the empty text leaves it out, so that its content goes straight
  // into the folder. Nothing: names stay.
  std::optional<std::string> top = std::nullopt;
  bool owners = false;  // owners and set-user-id bits as the archive has them; takes privileges
};

struct Unpacked {
  std::size_t files = 0;              // everything but folders
  std::vector<std::string> left_out;  // devices, sockets and pipes, by name
};

// Reads the archive from the beginning of the open file `archive`, which can seek. Nothing is written when any name is
// absolute or has a "..". No symbolic link below `folder` is followed, whether it was there or is in the archive. Each
// file gets its name when it is complete; an existing one is replaced in one step or left as it was. Errors: failed
// (with the name of the entry), not_found (no such folder), interrupted.
Result<Unpacked> unpack_archive(int archive, const std::filesystem::path& folder, const UnpackOptions& options,
                                std::stop_token stop);

}  // namespace saasctl
