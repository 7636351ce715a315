// Reading files whole and replacing them so that a reader never sees half of one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace saasctl {

// The whole content, 128 MiB at most; see util/input.hpp. Errors: not_found when there is no such file, else failed.
Result<std::string> read_file(const std::filesystem::path& path);

// Writes a temporary file in the same folder, flushes it to disk and renames it over `path`; on any error `path` is as
// it was and no temporary file is left. What is there and no file (/dev/stdout, a pipe) is written to and not replaced.
// Missing parent folders are made. `mode` is the file's permission bits.
Result<void> write_file_atomic(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

}  // namespace saasctl
