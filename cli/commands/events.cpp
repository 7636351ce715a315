#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands/run_lifecycle.hpp"
#include "engine/events.hpp"
#include "logs/log_lines.hpp"
#include "plan/labels.hpp"
#include "terminal/raw.hpp"
#include "util/printable.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct EventsOptions {
  std::vector<std::string> services;
  bool json = false;
  std::string since;
  std::string until;
};

std::string attribute_of(const engine::Event& event, std::string_view key) {
  const auto found = event.attributes.find(std::string(key));
  return found == event.attributes.end() ? "" : found->second;
}

bool wanted(const engine::Event& event, const std::vector<std::string>& services) {
  const auto service = attribute_of(event, plan::label::service);
  return attribute_of(event, plan::label::one_off) != "True" && attribute_of(event, plan::label::hook).empty() &&
         (services.empty() || std::ranges::find(services, service) != services.end());
}

// Without the labels that tools keep their books in.
std::map<std::string, std::string> shown_attributes(const engine::Event& event) {
  auto attributes = event.attributes;
  std::erase_if(attributes, [](const auto& entry) {
    return entry.first.starts_with("com.docker.compose.") || entry.first.starts_with("saasctl.");
  });
  return attributes;
}

std::string moment(engine::Timestamp time, const char* between) {
  const auto whole = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
  const auto parts = fmt::gmtime(static_cast<std::time_t>(seconds.count()));
  return fmt::format("{:%Y-%m-%d}{}{:%H:%M:%S}.{:06}", parts, between, parts, (whole - seconds).count());
}

// The fields of `docker compose events --json`.
std::string as_json(const engine::Event& event) {
  const nlohmann::ordered_json out{{"time", moment(event.time, "T") + "Z"},
                                   {"type", "container"},
                                   {"service", attribute_of(event, plan::label::service)},
                                   {"id", event.id},
                                   {"action", event.action},
                                   {"attributes", shown_attributes(event)}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_text(const engine::Event& event) {
  std::vector<std::string> attributes;
  for (const auto& [key, value] : shown_attributes(event)) attributes.push_back(key + "=" + value);
  return printable_line(fmt::format("{} container {} {} ({})", moment(event.time, " "), event.action, event.id,
                                    join(attributes, ", "))) +
         "\n";
}

struct Range {
  engine::Timestamp since;
  std::optional<engine::Timestamp> until;
};

Result<Range> range_of(const EventsOptions& options) {
  const engine::Timestamp now = std::chrono::system_clock::now();
  Range range{now, std::nullopt};
  if (!options.since.empty()) {
    const auto since = logs::parse_moment(options.since, now);
    if (!since) return std::unexpected(since.error());
    range.since = *since;
  }
  if (!options.until.empty()) {
    const auto until = logs::parse_moment(options.until, now);
    if (!until) return std::unexpected(until.error());
    range.until = *until;
  }
  return range;
}

int run_events(const Session& session, const EventsOptions& options) {
  const auto range = range_of(options);
  if (!range) return fail(session, range.error());
  const auto running = open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  const engine::EventFilter filter{.types = {"container"},
                                   .actions = {},
                                   .labels = {std::string(plan::label::project) + "=" + running->project.name},
                                   .until = range->until};
  const auto sink = [&](const engine::Event& event) {
    if (!wanted(event, options.services)) return true;
    terminal::write_raw(options.json ? as_json(event) : as_text(event));
    return session.terminal.flush().has_value();
  };
  const auto done = engine::subscribe_events(running->client, filter, range->since, sink, session.stop);
  return done ? 0 : fail(session, done.error());
}

}  // namespace

void setup_events(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<EventsOptions>();
  auto* verb = app.add_subcommand("events", "Print what happens to the containers, as it happens, until Ctrl-C");
  add_services(*verb, options->services, "Services to watch; all when none is named");
  verb->add_flag("--json", options->json, "One JSON object a line");
  verb->add_option("--since", options->since, "Begin with what the engine remembers from then on: 10m (ago), a time")
      ->type_name("TIME");
  verb->add_option("--until", options->until, "End there; with a time that has passed, at once")->type_name("TIME");
  verb->footer("\nExample: saasctl events --json --since 10m --until 0s");
  verb->callback([=] { choose([options](const Session& session) { return run_events(session, *options); }); });
}

}  // namespace saasctl::commands
