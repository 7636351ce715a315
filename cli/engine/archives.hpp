// Files of containers, running or not, as tar archives. Source: Docker Engine API 1.41, "Containers": /archive.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/client.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

// Of the header X-Docker-Container-Path-Stat. The mode is Go's os.FileMode.
struct PathStat {
  std::string name;
  std::int64_t size = 0;
  std::uint32_t mode = 0;
  std::string link_target;

  bool is_directory() const { return (mode & 1U << 31) != 0; }
  bool is_symlink() const { return (mode & 1U << 27) != 0; }
};

// A symbolic link is not followed. Error not_found: no such path, or no such container.
Result<PathStat> stat_path(const Client& client, std::string_view container, const std::string& path,
                           std::stop_token stop);

// The path with all below it: `sink` gets the tar's bytes, whose names begin with the path's last component; returning
// false ends the reading. A path that ends in "/" means what a symbolic link leads to. Error not_found likewise.
Result<void> get_archive(const Client& client, std::string_view container, const std::string& path,
                         const std::function<bool(std::string_view)>& sink, std::stop_token stop);

enum class Replace {
  same_kind,  // a folder never takes the place of a file, nor a file that of a folder
  anything,
};

// Unpacks a tar stream into the folder `path`. `read` fills the span and returns how many bytes it wrote, 0 at the end.
// Errors: not_found (no such folder), those of `read`.
Result<void> put_archive_stream(const Client& client, std::string_view container, const std::string& path,
                                const std::function<Result<std::size_t>(std::span<char>)>& read, Replace replace,
                                std::stop_token stop);

}  // namespace saasctl::engine
