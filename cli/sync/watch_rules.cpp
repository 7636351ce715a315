#include "sync/watch_rules.hpp"

#include <algorithm>

namespace saasctl::sync {
namespace {

namespace fs = std::filesystem;

// Files that editors write beside the real one. Source: docker/compose v5, pkg/watch/ephemeral.go (the same editors).
const std::vector<std::string>& passing_files() {
  static const std::vector<std::string> patterns{"**/.git",          "**/*~",       "**/.*.sw?", "**/4913",
                                                 "**/.#*",           "**/#*#",      "**/.idea",  "**/*___jb_tmp___",
                                                 "**/*___jb_old___", "**/.DS_Store"};
  return patterns;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

Result<RootedPatterns> rooted(const fs::path& root, const std::vector<std::string>& texts) {
  auto patterns = build::PatternList::compile(texts);
  if (!patterns) return failure(ErrorKind::usage, patterns.error().message, patterns.error().hint);
  return RootedPatterns{root, std::move(*patterns)};
}

}  // namespace

bool RootedPatterns::match(const fs::path& path) const {
  if (patterns.empty() || !is_below(path, root)) return false;
  build::PatternList::ParentMatches parent;
  std::string relative;
  bool matched = false;
  for (const auto& part : path.lexically_relative(root)) {
    if (part == ".") return false;
    relative += (relative.empty() ? "" : "/") + part.string();
    build::PatternList::ParentMatches own;
    matched = patterns.matches(relative, parent, own);
    parent = std::move(own);
  }
  return matched;
}

bool RootedPatterns::match_all_of(const fs::path& folder) const {
  return match(folder) && !patterns.may_except_below(folder.lexically_relative(root).string());
}

bool WatchRule::ignores_all_of(const fs::path& folder) const {
  return std::ranges::any_of(ignore, [&](const RootedPatterns& patterns) { return patterns.match_all_of(folder); });
}

bool WatchRule::ignores(const fs::path& changed) const {
  return std::ranges::any_of(ignore, [&](const RootedPatterns& patterns) { return patterns.match(changed); });
}

bool WatchRule::covers(const fs::path& changed) const {
  return is_below(changed, path) && (!include || include->match(changed)) && !ignores(changed);
}

Result<WatchRule> make_rule(const std::string& service, const fs::path& folder, const stack::Watch& watch,
                            const std::vector<RootedPatterns>& context_ignore) {
  auto path = (folder / watch.path).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  WatchRule rule{.service = service, .path = path, .action = watch.action, .target = watch.target.value_or("")};
  rule.ignore = context_ignore;
  for (const auto* texts : {&passing_files(), &watch.ignore}) {
    auto patterns = rooted(path, *texts);
    if (!patterns) return std::unexpected(patterns.error());
    rule.ignore.push_back(std::move(*patterns));
  }
  if (!watch.include.empty()) {
    auto patterns = rooted(path, watch.include);
    if (!patterns) return std::unexpected(patterns.error());
    rule.include = std::move(*patterns);
  }
  rule.exec = watch.exec;
  rule.initial_sync = watch.initial_sync.value_or(false);
  return rule;
}

std::map<std::string, WatchWork> work_of(const std::vector<WatchRule>& rules, const std::set<fs::path>& changed) {
  std::map<std::string, WatchWork> work;
  for (const auto& rule : rules) {
    bool concerned = false;
    for (const auto& path : changed) {
      if (!rule.covers(path)) continue;
      concerned = true;
      if (!rule.syncs()) break;
      const auto target = (fs::path(rule.target) / path.lexically_relative(rule.path)).lexically_normal();
      work[rule.service].sync[(target.filename().empty() ? target.parent_path() : target).string()] = path;
    }
    if (!concerned) continue;
    auto& of_service = work[rule.service];
    of_service.rebuild |= rule.action == "rebuild";
    of_service.restart |= rule.action == "restart" || rule.action == "sync+restart";
    if (rule.exec && rule.action == "sync+exec") of_service.execs.push_back(*rule.exec);
  }
  for (auto& [service, of_service] : work) {
    if (of_service.rebuild) of_service = {.rebuild = true, .restart = false, .sync = {}, .execs = {}};
  }
  return work;
}

}  // namespace saasctl::sync
