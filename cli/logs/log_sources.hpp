// Reading the logs of many containers as one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <stop_token>
#include "engine/client.hpp"
#include "logs/log_lines.hpp"

namespace saasctl::logs {

struct LogSource {
  std::string id;
  std::string service;
  int number = 1;  // of the container among those of its service
  LogCursor cursor = {};
};

struct LogRange {
  std::optional<unsigned> tail = std::nullopt;  // lines of each container; nothing: all
  std::optional<engine::Timestamp> since = std::nullopt;
  std::optional<engine::Timestamp> until = std::nullopt;
};

// Called from one thread at a time; false ends the reading.
using LogPrinter =
    std::function<bool(const LogSource& source, std::optional<engine::Timestamp> time, std::string_view text)>;

// Called with a sentence for the user.
using Warn = std::function<void(const std::string& warning)>;

// Prints what is there in the order of its times and leaves the cursors behind it. A log that cannot be read (its
// driver keeps none) is warned about. Errors: no_engine, interrupted.
Result<void> read_history(const engine::Client& client, std::vector<LogSource>& sources, const LogRange& range,
                          const LogPrinter& print, const Warn& warn, std::stop_token stop);

struct FollowOptions {
  std::string project;
  std::vector<std::string> services;  // empty: all
  LogRange range;
};

// Prints what is there and then what comes, until the token is set (interrupted), the printer says so, or nothing of it
// has been running for ten seconds. Containers that are restarted or made anew are followed on, without a line lost or
// repeated. `list` gives the containers, once events are being listened to; with those that run marked by `is_up`.
struct ListedSource {
  LogSource source;
  bool is_up = false;
};
Result<void> follow_logs(const engine::Client& client, const FollowOptions& options,
                         const std::function<Result<std::vector<ListedSource>>()>& list, const LogPrinter& print,
                         const Warn& warn, std::stop_token stop);

}  // namespace saasctl::logs
