// The files of a build context in the order BuildKit and tar want them.
// Source: moby/buildkit and tonistiigi/fsutil (FilterFS, FollowLinks): depth-first, names of a folder in byte order, a
// folder that is left out itself comes all the same before the first of its files that counts.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "build/ignore.hpp"
#include "util/result.hpp"
#include "util/wait.hpp"

namespace saasctl::build {

// A file, folder or symbolic link; sockets, pipes and devices are not part of a context.
struct Entry {
  std::string path;        // relative, with slashes
  std::uint32_t mode = 0;  // st_mode
  std::int64_t size = 0;   // of a file, bytes
  std::int64_t modified_ns = 0;
  std::string link = {};                           // target of a symbolic link
  std::string hard_link = {};                      // of a further name of a file: the path that came first
  std::map<std::string, std::string> xattrs = {};  // extended attributes of users (user.*, trusted.*)

  // A file that has several names: its device and inode.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> identity = {};

  bool is_folder() const;
  bool is_file() const;
  bool is_link() const;
};

// Which entries count: those that some include pattern matches (all when there are none) and no exclude pattern.
struct PathFilter {
  PatternList include;
  PatternList exclude;
};

// What to do about an entry that cannot be read.
inline constexpr auto unreadable_hint = "make it readable, or leave it out with .dockerignore";

// Walks a folder; holds the names of the open folders only, and of files that have several names. One thread at a time.
class Walker {
 public:
  Walker(std::filesystem::path root, PathFilter filter);

  // The next entry, nothing at the end. Entries that vanish meanwhile are left out. Errors: a folder or link that can
  // not be read, with its path.
  Result<std::optional<Entry>> next();

  // Looks for the next entry until `deadline`; false: not found yet, and more calls are needed. After true, next()
  // gives it, or the end, at once. Errors as next().
  Result<bool> search(Deadline deadline);

 private:
  struct Level {
    std::string path;
    std::vector<std::string> names;  // sorted
    std::size_t position = 0;
    PatternList::ParentMatches included;
    PatternList::ParentMatches excluded;
    std::optional<Entry> unannounced;  // the folder itself, while none of its content has counted
  };

  Result<void> enter(std::string path, PatternList::ParentMatches included, PatternList::ParentMatches excluded,
                     std::optional<Entry> unannounced);
  Result<void> visit(const std::string& path);
  void announce(Entry entry);

  std::filesystem::path root_;
  PathFilter filter_;
  std::vector<Level> levels_;
  std::deque<Entry> ready_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> first_names_;
  bool started_ = false;
};

// `paths` (wildcards allowed in names) with the targets of symbolic links on their way added, as include patterns;
// empty when everything counts.
std::vector<std::string> follow_paths(const std::filesystem::path& root, const std::vector<std::string>& paths);

// The filter for a classic context: the ignore patterns, with Dockerfile and ignore file always there. `dockerfile` is
// relative to the context.
Result<PathFilter> classic_filter(std::vector<std::string> ignore_patterns, const std::string& dockerfile);

}  // namespace saasctl::build
