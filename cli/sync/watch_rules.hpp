// What follows from changed files. Pure.
// Source: Compose specification, develop.md; docker/compose v5, pkg/compose/watch.go.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "build/ignore.hpp"
#include "stack/hook.hpp"
#include "util/result.hpp"

namespace saasctl::sync {

// Patterns of an ignore file and the folder that they are relative to.
struct RootedPatterns {
  std::filesystem::path root;
  build::PatternList patterns;

  // Whether the path, or a folder that it is in, matches. False outside of the root.
  bool match(const std::filesystem::path& path) const;
  // Whether the folder matches with everything in it: no exception (a pattern with '!') takes something of it back.
  bool match_all_of(const std::filesystem::path& folder) const;
};

struct WatchRule {
  std::string service;
  std::filesystem::path path;  // absolute
  std::string action;          // rebuild, sync, restart, sync+restart, sync+exec
  std::string target = {};
  std::vector<RootedPatterns> ignore = {};
  std::optional<RootedPatterns> include = std::nullopt;
  std::optional<stack::Hook> exec = std::nullopt;
  bool initial_sync = false;

  bool syncs() const { return action.starts_with("sync"); }
  bool ignores(const std::filesystem::path& changed) const;
  bool ignores_all_of(const std::filesystem::path& folder) const;
  bool covers(const std::filesystem::path& changed) const;  // below `path`, included and not ignored
};

// A rule of the stack file with the patterns that count for it: its own, those of the build context's ignore file
// (`context_ignore`), .git and what editors leave for a moment. Error usage: a bad pattern.
Result<WatchRule> make_rule(const std::string& service, const std::filesystem::path& folder, const stack::Watch& watch,
                            const std::vector<RootedPatterns>& context_ignore);

// What is to be done for one service. With `rebuild` nothing else is: the new container has everything.
struct WatchWork {
  bool rebuild = false;
  bool restart = false;
  std::map<std::string, std::filesystem::path> sync;  // path in the container → here
  std::vector<stack::Hook> execs;
};

std::map<std::string, WatchWork> work_of(const std::vector<WatchRule>& rules,
                                         const std::set<std::filesystem::path>& changed);

}  // namespace saasctl::sync
