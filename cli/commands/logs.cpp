#include "engine/logs.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "commands/verb.hpp"
#include "engine/containers.hpp"
#include "plan/labels.hpp"
#include "project/order.hpp"

namespace saasctl::commands {
namespace {

struct LogsOptions {
  std::vector<std::string> services;
  bool follow = false;
  bool timestamps = false;
  std::optional<unsigned> tail;
};

struct Source {
  std::string service;
  std::string container;
};

std::vector<Source> sources_of(const std::vector<engine::ContainerSummary>& containers,
                               const std::vector<std::string>& services) {
  std::vector<Source> sources;
  for (const auto& container : containers) {
    const auto service = container.labels.find(std::string(plan::label::service));
    const auto one_off = container.labels.find(std::string(plan::label::one_off));
    if (service == container.labels.end() || (one_off != container.labels.end() && one_off->second == "True")) continue;
    const bool wanted = services.empty() || std::ranges::find(services, service->second) != services.end();
    if (wanted) sources.push_back({service->second, container.id});
  }
  std::ranges::sort(sources, {}, &Source::service);
  return sources;
}

// Every service gets a colour of its own, by its place in the list.
std::string prefix(const Session& session, const std::string& service, std::size_t index, std::size_t width) {
  const auto text = fmt::format("{:<{}} | ", service, width);
  if (!session.terminal.colour_on_stdout()) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", 31 + index % 6, text);
}

// RFC 3339 with microseconds.
std::string utc(engine::Timestamp time) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(seconds.count())),
                     (since - seconds).count());
}

// What a library throws on a thread of ours would end the program.
Result<void> guarded(const std::function<Result<void>()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return failure(error.what());
  }
}

int run_logs(const Session& session, const LogsOptions& options) {
  const auto project = load_project(session, stack::Mode::resolve, options.services);
  if (!project) return fail(session, project.error());
  if (const auto known = project::with_dependencies(*project, options.services); !known)
    return fail(session, known.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  const auto containers =
      engine::list_containers(*client, {std::string(plan::label::project) + "=" + project->name}, session.stop);
  if (!containers) return fail(session, containers.error());
  const auto sources = sources_of(*containers, options.services);
  std::size_t width = 0;
  for (const auto& source : sources) width = std::max(width, source.service.size());

  std::mutex output;
  std::optional<Error> first;
  const auto read_one = [&](std::size_t index) {
    const auto head = prefix(session, sources[index].service, index, width);
    engine::LogOptions log;
    log.follow = options.follow;
    log.tail = options.tail;
    const auto sink = [&](const engine::LogLine& line) {
      const std::scoped_lock lock(output);
      session.terminal.data(head);
      if (options.timestamps && line.time) session.terminal.data(utc(*line.time) + " ");
      session.terminal.data(line.text);
      session.terminal.data("\n");
      return !options.follow || session.terminal.flush().has_value();
    };
    return engine::read_logs(*client, sources[index].container, log, sink, session.stop);
  };
  const auto read = [&](std::size_t index) {
    auto done = guarded([&] { return read_one(index); });
    const std::scoped_lock lock(output);
    if (!done && !first) first = std::move(done.error());
  };
  if (options.follow) {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < sources.size(); ++i) threads.emplace_back(read, i);
  } else {
    for (std::size_t i = 0; i < sources.size() && !first; ++i) read(i);
  }
  return first ? fail(session, *first) : 0;
}

}  // namespace

void setup_logs(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<LogsOptions>();
  auto* verb = app.add_subcommand("logs", "Print what the containers wrote");
  verb->add_option("services", options->services, "Services to show; all when none is named")->type_name("SERVICE");
  verb->add_flag("-f,--follow", options->follow, "Keep printing what they write, until Ctrl-C");
  verb->add_flag("-t,--timestamps", options->timestamps, "Begin each line with its time (UTC)");
  verb->add_option("--tail", options->tail, "Only the last LINES lines of each")->type_name("LINES");
  verb->footer("\nExample: saasctl logs -f auth-service");
  verb->callback([=] { choose([options](const Session& session) { return run_logs(session, *options); }); });
}

}  // namespace saasctl::commands
