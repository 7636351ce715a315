// Reading the user's files: every room does it through these functions and util/file.hpp. None of them reads without a
// limit, and only read_input() and read_descriptor() wait.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "util/file.hpp"
#include "util/result.hpp"

namespace saasctl {

inline constexpr std::size_t mebibyte = std::size_t{1} << 20;

// What a file is read as, and how large it may be.
struct FileKind {
  std::string_view name;  // in errors: "a stack file"
  std::size_t limit;      // bytes
};

inline constexpr FileKind any_file{"a file that is read whole", 128 * mebibyte};

// The whole content, without waiting: a pipe is refused, and so is a device that has nothing to read at once. Errors:
// not_found when there is no such file, failed otherwise, with the system's reason or with what the path is instead (a
// folder, a pipe, larger than the limit).
Result<std::string> read_file(const std::filesystem::path& path, const FileKind& kind);

// The same for what may also come from a pipe, /dev/stdin or another device, until its end. Errors name the file
// `shown`. Errors: those of read_file() but for the pipe; interrupted when `stop` is set.
Result<std::string> read_input(const std::filesystem::path& path, const FileKind& kind, const std::stop_token& stop,
                               std::string_view shown);

// The same for an open descriptor, which stays open and keeps its place and flags.
Result<std::string> read_descriptor(int descriptor, const FileKind& kind, const std::stop_token& stop,
                                    std::string_view shown);

}  // namespace saasctl
