// How lines of logs are shown.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "commands/running_project.hpp"
#include "logs/log_sources.hpp"

namespace saasctl::commands {

struct LogStyle {
  std::vector<std::string> services;  // empty: all
  bool follow = false;                // every line is written at once
  bool timestamps = false;
  bool no_prefix = false;
};

// Writes lines to standard output, each service's in its colour. A service of one container goes by its own name.
class LogWriter {
 public:
  LogWriter(const Session& session, LogStyle style, const RunningProject& running);

  // The names of what there is, so that all prefixes are of one width.
  void note(const RunningProject& running);

  // False when the output takes no more.
  bool write(const logs::LogSource& source, std::optional<engine::Timestamp> time, std::string_view text);

 private:
  std::string shown(const std::string& service, int number) const;
  std::string prefix(const logs::LogSource& source);

  const Session& session_;
  LogStyle style_;
  std::map<std::string, std::size_t> colours_;  // service → place
  std::set<std::string> scaled_;                // services of several containers
  std::size_t width_ = 0;
};

// The logs of the services, of all when none is named.
std::vector<logs::ListedSource> log_sources(const RunningProject& running, const std::vector<std::string>& services);

// Shows what the reading of logs warns about.
logs::Warn warnings_of(const Session& session);

}  // namespace saasctl::commands
