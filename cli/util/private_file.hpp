// Files that nobody else is to read, and that are not written twice.
#pragma once

#include <filesystem>
#include <string_view>

#include "util/result.hpp"

namespace saasctl {

// write_file_atomic() for a file that must not exist yet, in a folder that exists: of several writers, one succeeds.
// Errors: conflict when something has this name, a link to nothing included; failed otherwise.
Result<void> write_new_file(const std::filesystem::path& path, std::string_view content, unsigned mode);

// Makes `folder` and those of its parents that are missing, each with mode 0700 whatever the umask is. A folder that
// exists keeps its mode, unless it lies below `base`, belongs to this user and is empty: then it is what an earlier,
// failed try has left. Errors: failed.
Result<void> make_private_folders(const std::filesystem::path& folder, const std::filesystem::path& base);

}  // namespace saasctl
