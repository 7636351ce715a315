#include "commands/log_writer.hpp"
#include "terminal/raw.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace saasctl::commands {
namespace {

// RFC 3339 with microseconds.
std::string utc(engine::Timestamp time) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  const auto whole = std::chrono::floor<std::chrono::seconds>(since);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(whole.count())),
                     (since - whole).count());
}

}  // namespace

LogWriter::LogWriter(const Session& session, LogStyle style, const RunningProject& running)
    : session_(session), style_(std::move(style)) {
  for (const auto& service : running.project.services) colours_.emplace(service.name, colours_.size());
  note(running);
}

void LogWriter::note(const RunningProject& running) {
  const auto containers = containers_of(running, style_.services);
  for (const auto& container : containers) {
    if (number_of(container) > 1) scaled_.insert(service_of(container));
  }
  for (const auto& container : containers)
    width_ = std::max(width_, shown(service_of(container), number_of(container)).size());
}

bool LogWriter::write(const logs::LogSource& source, std::optional<engine::Timestamp> time, std::string_view text) {
  std::string line;
  if (!style_.no_prefix) line += prefix(source);
  if (style_.timestamps && time) line += utc(*time) + " ";
  line += text;
  line += '\n';
  return terminal::write_raw(line) && (!style_.follow || session_.terminal.flush().has_value());
}

std::string LogWriter::shown(const std::string& service, int number) const {
  return number > 1 || scaled_.contains(service) ? fmt::format("{}-{}", service, number) : service;
}

std::string LogWriter::prefix(const logs::LogSource& source) {
  const auto name = shown(source.service, source.number);
  width_ = std::max(width_, name.size());
  const auto colour = colours_.emplace(source.service, colours_.size()).first->second;
  return logs::log_prefix(name, width_, session_.terminal.colour_on_stdout() ? std::optional(colour) : std::nullopt);
}

std::vector<logs::ListedSource> log_sources(const RunningProject& running, const std::vector<std::string>& services) {
  std::vector<logs::ListedSource> sources;
  for (const auto& container : containers_of(running, services))
    sources.push_back({{container.id, service_of(container), number_of(container)}, is_up(container)});
  return sources;
}

logs::Warn warnings_of(const Session& session) {
  return [&session](const std::string& warning) { session.terminal.warning(warning); };
}

}  // namespace saasctl::commands
