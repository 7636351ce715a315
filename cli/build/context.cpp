#include "build/context.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "util/text.hpp"

namespace saasctl::build {
namespace {

std::unexpected<Error> unreadable(const std::filesystem::path& path, int error) {
  return failure(fmt::format("cannot read {} of the build context: {}", path.string(), std::strerror(error)),
                 unreadable_hint);
}

// What another process has removed or replaced meanwhile: no name of the path, or one of another kind.
bool is_gone(int error) {
  return error == ENOENT || error == ENOTDIR || error == EINVAL || error == ELOOP;
}

// Nothing when it is no link any more.
Result<std::optional<std::string>> link_target(const std::filesystem::path& path) {
  std::error_code error;
  auto target = std::filesystem::read_symlink(path, error);
  if (error && is_gone(error.value())) return std::nullopt;
  if (error) return unreadable(path, error.value());
  return target.string();
}

// Those that a builder can give to the file again. Some file systems have none; one that cannot be read is left out.
std::map<std::string, std::string> attributes_of(const std::filesystem::path& path) {
  std::map<std::string, std::string> out;
  std::string names(4096, '\0');
  auto size = ::llistxattr(path.c_str(), names.data(), names.size());
  if (size < 0 && errno == ERANGE) {
    names.resize(65536);
    size = ::llistxattr(path.c_str(), names.data(), names.size());
  }
  if (size <= 0) return out;
  for (const auto& name : split(std::string_view(names).substr(0, static_cast<std::size_t>(size)), '\0')) {
    if (!name.starts_with("user.") && !name.starts_with("trusted.")) continue;
    std::string value(65536, '\0');
    const auto length = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (length >= 0) out.emplace(name, value.substr(0, static_cast<std::size_t>(length)));
  }
  return out;
}

// Nothing when there is no such entry (any more) or it is of a kind that contexts have not.
Result<std::optional<Entry>> stat_entry(const std::filesystem::path& root, const std::string& path) {
  struct stat info {};
  const auto full = root / path;
  if (::lstat(full.c_str(), &info) != 0) {
    if (is_gone(errno)) return std::nullopt;
    return unreadable(full, errno);
  }
  Entry entry{.path = path,
              .mode = info.st_mode,
              .size = S_ISREG(info.st_mode) ? info.st_size : 0,
              .modified_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
  if (!entry.is_file() && !entry.is_folder() && !entry.is_link()) return std::nullopt;
  if (entry.is_link()) {
    auto target = link_target(full);
    if (!target) return std::unexpected(std::move(target.error()));
    if (!*target) return std::nullopt;
    entry.link = std::move(**target);
  } else {
    entry.xattrs = attributes_of(full);
    if (entry.is_file() && info.st_nlink > 1) entry.identity = {info.st_dev, info.st_ino};
  }
  return entry;
}

Result<std::vector<std::string>> sorted_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error && !is_gone(error.value())) return unreadable(folder, error.value());
  std::ranges::sort(names);
  return names;
}

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// Collects the paths themselves and, in their place, the targets of links they pass.
class LinkFollower {
 public:
  explicit LinkFollower(const std::filesystem::path& root) : root_(root) {}

  void add(std::string_view path) {
    const auto parts = split(clean_path("/" + std::string(path)).substr(1), '/');
    std::string current;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      current = below(current, parts[i]);
      const bool last = i + 1 == parts.size();
      const auto targets = link_targets(current);
      if ((last || !targets.empty()) && !found_.insert(current).second) return;
      if (targets.empty()) continue;
      const std::vector<std::string> rest(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, parts.end());
      for (const auto& target : targets) add(target + "/" + join(rest, "/"));
      return;
    }
  }

  const std::set<std::string>& found() const { return found_; }

 private:
  // A chain of links is followed by add(), which stops at what it has seen.
  std::vector<std::string> link_targets(const std::string& path) const {
    const auto slash = path.rfind('/');
    const auto folder = slash == std::string::npos ? std::string() : path.substr(0, slash);
    const auto name = slash == std::string::npos ? path : path.substr(slash + 1);
    if (name.find_first_of("*?[") == std::string::npos) return target_of(folder, path);
    std::vector<std::string> targets;
    const auto names = sorted_names(root_ / folder);
    for (const auto& candidate : names ? *names : std::vector<std::string>()) {
      if (!match_name(name, candidate)) continue;
      for (auto& target : target_of(folder, below(folder, candidate))) targets.push_back(std::move(target));
    }
    return targets;
  }

  std::vector<std::string> target_of(const std::string& folder, const std::string& path) const {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(root_ / path, error).string();
    if (error) return {};
    return {target.starts_with('/') ? target : below(folder, target)};
  }

  const std::filesystem::path& root_;
  std::set<std::string> found_;
};

}  // namespace

bool Entry::is_folder() const {
  return S_ISDIR(mode);
}
bool Entry::is_file() const {
  return S_ISREG(mode);
}
bool Entry::is_link() const {
  return S_ISLNK(mode);
}

Walker::Walker(std::filesystem::path root, PathFilter filter) : root_(std::move(root)), filter_(std::move(filter)) {}

Result<bool> Walker::search(Deadline deadline) {
  if (!started_) {
    started_ = true;
    if (auto entered = enter({}, {}, {}, std::nullopt); !entered) return std::unexpected(entered.error());
  }
  while (ready_.empty() && !levels_.empty()) {
    if (deadline && std::chrono::steady_clock::now() >= *deadline) return false;
    auto& level = levels_.back();
    if (level.position == level.names.size()) {
      levels_.pop_back();
      continue;
    }
    const auto path = below(level.path, level.names[level.position++]);
    if (auto visited = visit(path); !visited) return std::unexpected(visited.error());
  }
  return true;
}

Result<std::optional<Entry>> Walker::next() {
  if (auto found = search(std::nullopt); !found) return std::unexpected(std::move(found.error()));
  if (ready_.empty()) return std::nullopt;
  auto entry = std::move(ready_.front());
  ready_.pop_front();
  return entry;
}

Result<void> Walker::enter(std::string path, PatternList::ParentMatches included, PatternList::ParentMatches excluded,
                           std::optional<Entry> unannounced) {
  auto names = sorted_names(root_ / path);
  if (!names) return std::unexpected(std::move(names.error()));
  levels_.push_back({.path = std::move(path),
                     .names = std::move(*names),
                     .position = 0,
                     .included = std::move(included),
                     .excluded = std::move(excluded),
                     .unannounced = std::move(unannounced)});
  return {};
}

Result<void> Walker::visit(const std::string& path) {
  auto entry = stat_entry(root_, path);
  if (!entry) return std::unexpected(std::move(entry.error()));
  if (!*entry) return {};

  PatternList::ParentMatches included;
  PatternList::ParentMatches excluded;
  const bool out = filter_.exclude.matches(path, levels_.back().excluded, excluded);
  const bool in = filter_.include.empty() || filter_.include.matches(path, levels_.back().included, included);
  const bool counts = in && !out;
  if (!(*entry)->is_folder()) {
    if (counts) announce(std::move(**entry));
    return {};
  }
  const bool inside = (!out || filter_.exclude.may_except_below(path)) && (in || filter_.include.may_match_below(path));
  std::optional<Entry> unannounced;
  if (counts)
    announce(std::move(**entry));
  else
    unannounced = std::move(**entry);
  if (!counts && !inside) return {};
  return enter(path, std::move(included), std::move(excluded), std::move(unannounced));
}

void Walker::announce(Entry entry) {
  for (auto& level : levels_) {
    if (level.unannounced) ready_.push_back(*std::exchange(level.unannounced, std::nullopt));
  }
  if (entry.identity) {
    const auto [first, is_first] = first_names_.emplace(*entry.identity, entry.path);
    if (!is_first) {
      entry.hard_link = first->second;
      entry.size = 0;
    }
  }
  ready_.push_back(std::move(entry));
}

std::vector<std::string> follow_paths(const std::filesystem::path& root, const std::vector<std::string>& paths) {
  LinkFollower follower(root);
  for (const auto& path : paths) follower.add(path);
  std::vector<std::string> out;
  for (const auto& path : follower.found()) {
    if (path.empty() || path == ".") return {};
    out.push_back(path);
  }
  return out;
}

Result<PathFilter> classic_filter(std::vector<std::string> ignore_patterns, const std::string& dockerfile) {
  if (!ignore_patterns.empty()) {
    ignore_patterns.push_back("!.dockerignore");
    ignore_patterns.push_back("!" + clean_path(dockerfile));
  }
  auto exclude = PatternList::compile(ignore_patterns);
  if (!exclude) return std::unexpected(std::move(exclude.error()));
  return PathFilter{.include = {}, .exclude = std::move(*exclude)};
}

}  // namespace saasctl::build
