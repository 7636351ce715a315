#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

#include "commands/living.hpp"
#include "commands/log_sources.hpp"
#include "plan/labels.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct LogsOptions {
  std::vector<std::string> services;
  bool follow = false;
  bool timestamps = false;
  bool no_prefix = false;
  std::string tail = "all";
  std::string since;
  std::string until;
};

// RFC 3339 with microseconds.
std::string utc(engine::Timestamp time) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(seconds.count())),
                     (since - seconds).count());
}

Result<LogRange> range_of(const LogsOptions& options) {
  LogRange range;
  if (options.tail != "all") {
    const auto lines = parse_integer(options.tail);
    if (!lines || *lines > 1'000'000'000)
      return failure(Fault::usage, fmt::format("--tail: '{}' is no number of lines", options.tail), "a number, or all");
    range.tail = static_cast<unsigned>(*lines);
  }
  const engine::Timestamp now = std::chrono::system_clock::now();
  for (const auto& [text, moment] :
       std::array{std::pair(&options.since, &range.since), std::pair(&options.until, &range.until)}) {
    if (text->empty()) continue;
    const auto parsed = parse_moment(*text, now);
    if (!parsed) return std::unexpected(parsed.error());
    *moment = *parsed;
  }
  return range;
}

std::vector<ListedSource> sources_of(const Scene& scene, const std::vector<std::string>& services) {
  std::vector<ListedSource> sources;
  for (const auto& container : chosen(scene, services))
    sources.push_back({{container.id, service_of(container), number_of(container)}, is_up(container)});
  return sources;
}

// Writes lines, each service's in its colour. A service of one container goes by its own name.
class Writer {
 public:
  Writer(const Session& session, const LogsOptions& options, const Scene& scene)
      : session_(session), options_(options) {
    for (const auto& service : scene.project.services) colours_.emplace(service.name, colours_.size());
    note(scene);
  }

  // The names of what there is, so that all prefixes are of one width.
  void note(const Scene& scene) {
    const auto containers = chosen(scene, options_.services);
    for (const auto& container : containers) {
      if (number_of(container) > 1) scaled_.insert(service_of(container));
    }
    for (const auto& container : containers)
      width_ = std::max(width_, shown(service_of(container), number_of(container)).size());
  }

  bool write(const LogSource& source, std::optional<engine::Timestamp> time, std::string_view text) {
    if (!options_.no_prefix) session_.terminal.data(prefix(source));
    if (options_.timestamps && time) session_.terminal.data(utc(*time) + " ");
    session_.terminal.data(text);
    session_.terminal.data("\n");
    return !options_.follow || session_.terminal.flush().has_value();
  }

 private:
  std::string shown(const std::string& service, int number) const {
    return number > 1 || scaled_.contains(service) ? fmt::format("{}-{}", service, number) : service;
  }

  std::string prefix(const LogSource& source) {
    const auto name = shown(source.service, source.number);
    width_ = std::max(width_, name.size());
    const auto colour = colours_.emplace(source.service, colours_.size()).first->second;
    return log_prefix(name, width_, session_.terminal.colour_on_stdout() ? std::optional(colour) : std::nullopt);
  }

  const Session& session_;
  const LogsOptions& options_;
  std::map<std::string, std::size_t> colours_;  // service → place
  std::set<std::string> scaled_;                // services of several containers
  std::size_t width_ = 0;
};

int run_logs(const Session& session, const LogsOptions& options) {
  const auto range = range_of(options);
  if (!range) return fail(session, range.error());
  auto scene = see(session, options.services);
  if (!scene) return fail(session, scene.error());
  Writer writer(session, options, *scene);
  const LogPrinter print = [&](const LogSource& source, std::optional<engine::Timestamp> time, std::string_view text) {
    return writer.write(source, time, text);
  };
  Result<void> done;
  if (options.follow) {
    // Listed again once events are listened to, so that nothing starts between the two unseen.
    const auto list = [&]() -> Result<std::vector<ListedSource>> {
      if (auto looked = look_again(session, *scene); !looked) return std::unexpected(looked.error());
      writer.note(*scene);
      return sources_of(*scene, options.services);
    };
    done = follow_logs(session, scene->client, {scene->project.name, options.services, *range}, list, print);
  } else {
    std::vector<LogSource> sources;
    for (auto& listed : sources_of(*scene, options.services)) sources.push_back(std::move(listed.source));
    done = read_history(session, scene->client, sources, *range, print);
  }
  return done ? 0 : fail(session, done.error());
}

}  // namespace

void setup_logs(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<LogsOptions>();
  auto* verb = app.add_subcommand("logs", "Print what the containers wrote, in the order of time");
  add_services(*verb, options->services, "Services to show; all when none is named");
  verb->add_flag("-f,--follow", options->follow,
                 "Keep printing what they write, through restarts and new containers, until Ctrl-C or until nothing "
                 "of it runs any more");
  verb->add_flag("-t,--timestamps", options->timestamps, "Begin each line with its time (UTC)");
  verb->add_option("-n,--tail", options->tail, "Only the last LINES lines of each, or all")
      ->type_name("LINES")
      ->capture_default_str();
  verb->add_option("--since", options->since, "Only lines after that: 10m (ago), 2026-01-31T08:00:00Z, seconds of 1970")
      ->type_name("TIME");
  verb->add_option("--until", options->until, "Only lines before that")->type_name("TIME");
  verb->add_flag("--no-log-prefix", options->no_prefix, "Print the lines alone, without their service");
  verb->footer("\nExample: saasctl logs -f --since 10m web");
  verb->callback([=] { choose([options](const Session& session) { return run_logs(session, *options); }); });
}

}  // namespace saasctl::commands
