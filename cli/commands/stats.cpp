#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "commands/listing.hpp"
#include "commands/run_lifecycle.hpp"
#include "engine/container_stats.hpp"
#include "terminal/raw.hpp"
#include "terminal/table.hpp"
#include "util/guarded.hpp"

namespace saasctl::commands {
namespace {

using engine::ContainerSummary;
using engine::Usage;

struct StatsOptions {
  std::vector<std::string> services;
  bool no_stream = false;
  std::string format = "table";
};

// The measurements of several threads.
class Measured {
 public:
  void set(const std::string& container, const Usage& usage) {
    const std::scoped_lock lock(mutex_);
    usages_[container] = usage;
  }
  void ended(const std::string& container) {
    const std::scoped_lock lock(mutex_);
    usages_.erase(container);
    ++ended_;
    changed_.notify_all();
  }
  std::map<std::string, Usage> all() const {
    const std::scoped_lock lock(mutex_);
    return usages_;
  }
  // Kept is the first that tells of the engine and not of a container.
  void failed(const Error& error) {
    const std::scoped_lock lock(mutex_);
    const bool of_engine = error.kind == ErrorKind::no_engine || error.kind == ErrorKind::timeout;
    if (of_engine && !error_) error_ = error;
  }
  std::optional<Error> error() const {
    const std::scoped_lock lock(mutex_);
    return error_;
  }
  // False when every one of `count` has ended or the token was set before `duration` was over.
  bool wait(std::chrono::milliseconds duration, std::size_t count, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, duration, [&] { return ended_ == count; });
    return ended_ < count && !stop.stop_requested();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Usage> usages_;
  std::size_t ended_ = 0;
  std::optional<Error> error_;
};

struct Shown {
  std::string cpu;
  std::string memory;
  std::string memory_percent;
  std::string network;
  std::string block;
  std::string processes;
};

Shown shown(const Usage& usage) {
  const auto pair = [](std::int64_t a, std::int64_t b) {
    return terminal::short_size(a) + " / " + terminal::short_size(b);
  };
  return {fmt::format("{:.2f}%", usage.cpu_percent),      pair(usage.memory, usage.memory_limit),
          fmt::format("{:.2f}%", usage.memory_percent()), pair(usage.network_in, usage.network_out),
          pair(usage.block_in, usage.block_out),          std::to_string(usage.processes)};
}

// The fields of `docker stats --format json`, with the service.
std::string as_json(const std::vector<ContainerSummary>& containers, const std::map<std::string, Usage>& usages,
                    int indent) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& container : containers) {
    const auto usage = usages.find(container.id);
    if (usage == usages.end()) continue;
    const auto text = shown(usage->second);
    out.push_back({{"Service", service_of(container)},
                   {"Name", container.name},
                   {"ID", container.id},
                   {"CPUPerc", text.cpu},
                   {"MemUsage", text.memory},
                   {"MemPerc", text.memory_percent},
                   {"NetIO", text.network},
                   {"BlockIO", text.block},
                   {"PIDs", text.processes}});
  }
  return out.dump(indent) + "\n";
}

std::string as_table(const std::vector<ContainerSummary>& containers, const std::map<std::string, Usage>& usages) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& container : containers) {
    const auto usage = usages.find(container.id);
    if (usage == usages.end()) {
      rows.push_back({service_of(container), container.name, "--", "--", "--", "--", "--", "--"});
      continue;
    }
    auto text = shown(usage->second);
    rows.push_back({service_of(container), container.name, text.cpu, text.memory, text.memory_percent, text.network,
                    text.block, text.processes});
  }
  return terminal::table(
      {"SERVICE", "CONTAINER", "CPU", "MEMORY / LIMIT", "MEM", "NET IN / OUT", "BLOCK IN / OUT", "PIDS"}, rows);
}

// On a terminal the table is drawn over itself; elsewhere each is written below the other, JSON one array a line.
void show(const Session& session, const StatsOptions& options, const std::vector<ContainerSummary>& containers,
          const std::map<std::string, Usage>& usages) {
  if (options.format == "json") {
    terminal::write_raw(as_json(containers, usages, -1));
  } else {
    if (terminal::stdout_is_terminal()) terminal::write_raw("\x1b[H\x1b[2J");
    session.terminal.data(as_table(containers, usages));
  }
}

// What has ended since it was listed is left out.
int run_once(const Session& session, const StatsOptions& options, const RunningProject& running,
             const std::vector<ContainerSummary>& containers) {
  Measured measured;
  {
    std::vector<std::jthread> threads;
    for (const auto& container : containers) {
      threads.emplace_back([&, id = container.id] {
        const auto usage = guarded([&] { return engine::container_usage(running.client, id, session.stop); });
        if (usage)
          measured.set(id, *usage);
        else
          measured.failed(usage.error());
      });
    }
  }
  if (const auto error = measured.error()) return fail(session, *error);
  if (session.stop.stop_requested()) return fail(session, {ErrorKind::interrupted, "interrupted"});
  terminal::write_listing(
      session.terminal, options.format,
      options.format == "json" ? as_json(containers, measured.all(), 2) : as_table(containers, measured.all()));
  return 0;
}

// Until the token is set or everything has ended.
int run_watch(const Session& session, const StatsOptions& options, const RunningProject& running,
              const std::vector<ContainerSummary>& containers) {
  constexpr std::chrono::seconds pause{1};
  Measured measured;
  std::stop_source all;
  const std::stop_callback outer(session.stop, [&all] { all.request_stop(); });
  std::vector<std::jthread> threads;
  for (const auto& container : containers) {
    threads.emplace_back([&, id = container.id] {
      const auto keep = [&](const Usage& usage) {
        measured.set(id, usage);
        return true;
      };
      const auto watched = guarded([&] { return engine::watch_usage(running.client, id, keep, all.get_token()); });
      measured.ended(id);  // for whatever reason: there is nothing more to show of it
      if (!watched) measured.failed(watched.error());
    });
  }
  Result<void> written;
  while (written && measured.wait(pause, containers.size(), session.stop)) {
    show(session, options, containers, measured.all());
    written = session.terminal.flush();
  }
  all.request_stop();
  if (!written) return fail(session, written.error());
  if (const auto error = measured.error()) return fail(session, *error);
  return session.stop.stop_requested() ? fail(session, {ErrorKind::interrupted, "interrupted"}) : 0;
}

// A service of which nothing runs has nothing to show, and nobody should wonder why.
void tell_stopped(const Session& session, const RunningProject& running, const std::vector<std::string>& services,
                  const std::vector<ContainerSummary>& containers) {
  if (services.empty() && containers.empty())
    session.terminal.message("nothing runs of project " + running.project.name + "; saasctl up starts it");
  for (const auto& service : services) {
    if (std::ranges::find(containers, service, service_of) == containers.end())
      session.terminal.message(service + " does not run; saasctl up " + service + " starts it");
  }
}

int run_stats(const Session& session, const StatsOptions& options) {
  const auto running = open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  auto containers = containers_of(*running, options.services);
  std::erase_if(containers, [](const ContainerSummary& container) { return container.state != "running"; });
  tell_stopped(session, *running, options.services, containers);
  return options.no_stream ? run_once(session, options, *running, containers)
                           : run_watch(session, options, *running, containers);
}

}  // namespace

void setup_stats(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<StatsOptions>();
  auto* verb = app.add_subcommand("stats", "Show what the services use, every second until Ctrl-C");
  add_services(*verb, options->services, "Services to show; all when none is named");
  verb->add_flag("--no-stream", options->no_stream, "Show one measurement and end");
  add_format(*verb, options->format);
  verb->footer("\nExample: saasctl stats --no-stream --format json");
  verb->callback([=] { choose([options](const Session& session) { return run_stats(session, *options); }); });
}

}  // namespace saasctl::commands
