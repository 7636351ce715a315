// Small tar archives in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace saasctl {

struct ArchiveFile {
  std::string name;  // relative path
  std::string content;
  unsigned mode = 0644;
  std::int64_t uid = 0;
  std::int64_t gid = 0;
};

// A POSIX ustar archive (IEEE Std 1003.1, pax, "ustar Interchange Format"). Error failed: the archive library refuses.
Result<std::string> make_archive(const std::vector<ArchiveFile>& files);

}  // namespace saasctl
