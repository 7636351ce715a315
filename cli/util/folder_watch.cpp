#include "util/folder_watch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace saasctl {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t events = IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::directory;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

}  // namespace

Result<FolderWatch> FolderWatch::open(std::function<bool(const fs::path&)> skip) {
  Descriptor descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!descriptor) {
    return failure(fmt::format("cannot watch files: {}", std::strerror(errno)),
                   "raise fs.inotify.max_user_instances (sysctl), or end other programs that watch files");
  }
  return FolderWatch(std::move(descriptor), std::move(skip));
}

Result<int> FolderWatch::watch(const fs::path& folder) {
  const int watch = ::inotify_add_watch(descriptor_.get(), folder.c_str(), events);
  if (watch >= 0) {
    watched_[watch].path = folder;
    return watch;
  }
  if (errno == ENOSPC) {
    return failure(fmt::format("cannot watch {}: the system's limit of watches is reached", folder.string()),
                   "raise fs.inotify.max_user_watches (sysctl), or leave folders out with ignore");
  }
  return failure(errno == ENOENT || errno == ENOTDIR ? ErrorKind::not_found : ErrorKind::failed,
                 fmt::format("cannot watch {}: {}", folder.string(), std::strerror(errno)));
}

// The parent is watched for the root itself, so that it may be a file, be replaced, go and come again.
Result<void> FolderWatch::add(const fs::path& root) {
  const auto path = root.lexically_normal();
  const auto parent = watch(path.parent_path());
  if (!parent) return std::unexpected(parent.error());
  watched_[*parent].of.insert(path);
  if (std::ranges::find(roots_, path) == roots_.end()) roots_.push_back(path);
  return is_folder(path) ? add_below(path, nullptr) : Result<void>();
}

// Watches first and looks then: what appears in between is seen twice rather than never. A folder that is gone
// meanwhile is no error.
Result<void> FolderWatch::add_below(const fs::path& folder, Changes* found) {
  if (skip_(folder)) return {};
  const auto added = watch(folder);
  if (!added) return added.error().kind == ErrorKind::not_found ? Result<void>() : std::unexpected(added.error());
  watched_[*added].whole = true;
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    if (found != nullptr) found->paths.insert(at->path());
    if (!is_folder(at->path())) continue;
    if (auto inner = add_below(at->path(), found); !inner) return inner;
  }
  return {};
}

void FolderWatch::forget_below(const fs::path& folder) {
  for (auto at = watched_.begin(); at != watched_.end();) {
    if (is_below(at->second.path, folder)) {
      ::inotify_rm_watch(descriptor_.get(), at->first);
      at = watched_.erase(at);
    } else {
      ++at;
    }
  }
}

Result<void> FolderWatch::take_event(int watch, std::uint32_t mask, const std::string& name, Changes& changes) {
  const auto found = watched_.find(watch);
  if (found == watched_.end() || (mask & IN_IGNORED) != 0) {
    if (found != watched_.end()) watched_.erase(found);
    return {};
  }
  if (name.empty()) return {};
  const auto path = found->second.path / name;
  if (!found->second.whole && !found->second.of.contains(path)) return {};
  changes.paths.insert(path);
  if ((mask & IN_ISDIR) == 0) return {};
  // What is removed ends its watches by itself, with IN_IGNORED; what is moved away would still be told of.
  if ((mask & IN_MOVED_FROM) != 0) forget_below(path);
  if ((mask & (IN_MOVED_TO | IN_CREATE)) != 0) return add_below(path, &changes);
  return {};
}

Result<void> FolderWatch::read_events(Changes& changes) {
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  for (;;) {
    const auto count = ::read(descriptor_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) return failure(fmt::format("cannot watch files: {}", std::strerror(errno)));
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) changes.lost = true;
      if (auto taken = take_event(event.wd, event.mask, event.len > 0 ? name : "", changes); !taken) return taken;
    }
  }
  if (!changes.lost) return {};
  for (const auto& root : std::vector(roots_)) {  // folders may be new as well
    if (auto added = add(root); !added) return added;
  }
  return {};
}

Result<Changes> FolderWatch::next(std::chrono::milliseconds quiet, std::stop_token stop) {
  const StopSignal signal(std::move(stop));
  Changes changes;
  Deadline latest;
  for (;;) {
    auto deadline = changes.paths.empty() && !changes.lost ? Deadline() : deadline_after(quiet);
    if (latest && deadline) deadline = std::min(*deadline, *latest);
    const auto ready = wait_ready(descriptor_.get(), POLLIN, deadline, signal);
    if (!ready && ready.error().kind == ErrorKind::timeout) return changes;
    if (!ready) return std::unexpected(ready.error());
    if (auto done = read_events(changes); !done) return std::unexpected(done.error());
    if (!latest && (!changes.paths.empty() || changes.lost)) latest = deadline_after(quiet * 10);
    if (latest && poll_timeout(latest) == 0) return changes;
  }
}

}  // namespace saasctl
