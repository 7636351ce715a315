#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "commands/log_writer.hpp"
#include "commands/run_lifecycle.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct LogsOptions {
  LogStyle style;
  std::string tail = "all";
  std::string since;
  std::string until;
};

Result<logs::LogRange> range_of(const LogsOptions& options) {
  logs::LogRange range;
  if (options.tail != "all") {
    const auto lines = parse_integer(options.tail);
    if (!lines || *lines > 1'000'000'000)
      return failure(ErrorKind::usage, fmt::format("--tail: '{}' is not a number of lines", options.tail),
                     "a number, or all");
    range.tail = static_cast<unsigned>(*lines);
  }
  const engine::Timestamp now = std::chrono::system_clock::now();
  for (const auto& [text, moment] :
       std::array{std::pair(&options.since, &range.since), std::pair(&options.until, &range.until)}) {
    if (text->empty()) continue;
    const auto parsed = logs::parse_moment(*text, now);
    if (!parsed) return std::unexpected(parsed.error());
    *moment = *parsed;
  }
  return range;
}

int run_logs(const Session& session, const LogsOptions& options) {
  const auto range = range_of(options);
  if (!range) return fail(session, range.error());
  auto running = open_running_project(session, options.style.services);
  if (!running) return fail(session, running.error());
  LogWriter writer(session, options.style, *running);
  const logs::LogPrinter print = [&](const logs::LogSource& source, std::optional<engine::Timestamp> time,
                                     std::string_view text) { return writer.write(source, time, text); };
  Result<void> done;
  if (options.style.follow) {
    // Listed again once events are listened to, so that nothing starts between the two unseen.
    const auto list = [&]() -> Result<std::vector<logs::ListedSource>> {
      if (auto looked = refresh(session, *running); !looked) return std::unexpected(looked.error());
      writer.note(*running);
      return log_sources(*running, options.style.services);
    };
    done = logs::follow_logs(running->client, {running->project.name, options.style.services, *range}, list, print,
                             warnings_of(session), session.stop);
  } else {
    std::vector<logs::LogSource> sources;
    for (auto& listed : log_sources(*running, options.style.services)) sources.push_back(std::move(listed.source));
    done = logs::read_history(running->client, sources, *range, print, warnings_of(session), session.stop);
  }
  return done ? 0 : fail(session, done.error());
}

}  // namespace

void setup_logs(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<LogsOptions>();
  auto* verb = app.add_subcommand("logs", "Print what the containers wrote, in the order of time");
  add_services(*verb, options->style.services, "Services to show; all when none is named");
  verb->add_flag("-f,--follow", options->style.follow,
                 "Keep printing what they write, through restarts and new containers, until Ctrl-C or until nothing "
                 "of it runs any more");
  verb->add_flag("-t,--timestamps", options->style.timestamps, "Begin each line with its time (UTC)");
  verb->add_option("-n,--tail", options->tail, "Only the last LINES lines of each, or all")
      ->type_name("LINES")
      ->capture_default_str();
  verb->add_option("--since", options->since, "Only lines after that: 10m (ago), 2026-01-31T08:00:00Z, seconds of 1970")
      ->type_name("TIME");
  verb->add_option("--until", options->until, "Only lines before that")->type_name("TIME");
  verb->add_flag("--no-log-prefix", options->style.no_prefix, "Print the lines alone, without their service");
  verb->footer("\nExample: saasctl logs -f --since 10m web");
  verb->callback([=] { choose([options](const Session& session) { return run_logs(session, *options); }); });
}

}  // namespace saasctl::commands
