// Changes of files and folders as they happen. Source: Linux inotify(7).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <vector>

#include "util/descriptor.hpp"
#include "util/result.hpp"
#include "util/wait.hpp"

namespace saasctl {

struct Changes {
  std::set<std::filesystem::path> paths;  // what is new, different or gone; of a new folder all that it holds
  bool lost = false;                      // there were too many: anything below the roots may have changed
};

// One thread at a time.
class FolderWatch {
 public:
  // Folders for which `skip` is true are not looked into. Error failed: the system gives no watch.
  static Result<FolderWatch> open(std::function<bool(const std::filesystem::path&)> skip);

  // Watches a file, or a folder with everything below it. It may be missing, and may go and come again, as long as its
  // parent folder is there. Symbolic links are not followed. Errors: failed (no parent; the system's limit of watches,
  // with what to do).
  Result<void> add(const std::filesystem::path& root);

  // Blocks until something has changed and then `quiet` has passed without a change, or at most ten times that. Errors:
  // failed, interrupted.
  Result<Changes> next(std::chrono::milliseconds quiet, std::stop_token stop);

 private:
  struct Watched {
    std::filesystem::path path;
    bool whole = false;                  // everything in it counts
    std::set<std::filesystem::path> of;  // otherwise these only
  };

  FolderWatch(Descriptor descriptor, std::function<bool(const std::filesystem::path&)> skip)
      : descriptor_(std::move(descriptor)), skip_(std::move(skip)) {}

  Result<int> watch(const std::filesystem::path& folder);
  Result<void> add_below(const std::filesystem::path& folder, Changes* found);
  void forget_below(const std::filesystem::path& folder);
  Result<void> read_events(Changes& changes);
  Result<void> take_event(int watch, std::uint32_t mask, const std::string& name, Changes& changes);

  Descriptor descriptor_;
  std::function<bool(const std::filesystem::path&)> skip_;
  std::vector<std::filesystem::path> roots_;
  std::map<int, Watched> watched_;
};

}  // namespace saasctl
