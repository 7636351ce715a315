#include "engine/container_stats.hpp"

#include "engine/json.hpp"
#include "engine/json_lines.hpp"

namespace saasctl::engine {
namespace {

using detail::integer;
using detail::member;

Call call_of(std::string_view container, std::string_view what) {
  return {.path = ApiPath("/containers") / container / what};
}

Processes parse_processes(const nlohmann::json& value) {
  Processes out{detail::texts(value, "Titles"), {}};
  for (const auto& row : member(value, "Processes")) {
    std::vector<std::string> cells;
    for (const auto& cell : row) cells.push_back(cell.is_string() ? cell.get<std::string>() : cell.dump());
    out.rows.push_back(std::move(cells));
  }
  return out;
}

double cpu_percent(const nlohmann::json& now, const nlohmann::json& before) {
  const auto used =
      integer(member(now, "cpu_usage"), "total_usage") - integer(member(before, "cpu_usage"), "total_usage");
  const auto whole = integer(now, "system_cpu_usage") - integer(before, "system_cpu_usage");
  if (used <= 0 || whole <= 0) return 0;
  auto processors = integer(now, "online_cpus");
  if (processors == 0) processors = static_cast<std::int64_t>(member(member(now, "cpu_usage"), "percpu_usage").size());
  return static_cast<double>(used) / static_cast<double>(whole) * static_cast<double>(processors) * 100;
}

// cgroup v1 calls it total_inactive_file, v2 inactive_file.
std::int64_t memory_used(const nlohmann::json& memory) {
  const auto usage = integer(memory, "usage");
  const auto& stats = member(memory, "stats");
  for (const auto* name : {"total_inactive_file", "inactive_file"}) {
    const auto cache = integer(stats, name);
    if (cache > 0 && cache < usage) return usage - cache;
  }
  return usage;
}

}  // namespace

double Usage::memory_percent() const {
  return memory_limit > 0 ? static_cast<double>(memory) / static_cast<double>(memory_limit) * 100 : 0;
}

Usage parse_usage(const nlohmann::json& stats) {
  const auto& memory = member(stats, "memory_stats");
  Usage usage{.cpu_percent = cpu_percent(member(stats, "cpu_stats"), member(stats, "precpu_stats")),
              .memory = memory_used(memory),
              .memory_limit = integer(memory, "limit"),
              .processes = integer(member(stats, "pids_stats"), "current")};
  for (const auto& network : member(stats, "networks")) {
    usage.network_in += integer(network, "rx_bytes");
    usage.network_out += integer(network, "tx_bytes");
  }
  for (const auto& entry : member(member(stats, "blkio_stats"), "io_service_bytes_recursive")) {
    const auto kind = detail::text(entry, "op");
    if (kind == "Read" || kind == "read") usage.block_in += integer(entry, "value");
    if (kind == "Write" || kind == "write") usage.block_out += integer(entry, "value");
  }
  return usage;
}

Result<Processes> container_processes(const Client& client, std::string_view container, std::stop_token stop) {
  return client.send_parsed(call_of(container, "top"), parse_processes, std::move(stop));
}

Result<Usage> container_usage(const Client& client, std::string_view container, std::stop_token stop) {
  auto call = call_of(container, "stats");
  call.query = {{"stream", "0"}};
  return client.send_parsed(call, parse_usage, std::move(stop));
}

Result<void> watch_usage(const Client& client, std::string_view container,
                         const std::function<bool(const Usage&)>& sink, std::stop_token stop) {
  bool ended_by_sink = false;
  JsonLines lines([&](const nlohmann::json& line) {
    ended_by_sink = !sink(parse_usage(line));
    return !ended_by_sink;
  });
  Result<bool> framing;
  auto call = call_of(container, "stats");
  call.query = {{"stream", "1"}};
  call.timeout = std::chrono::milliseconds(0);
  call.idle_timeout = most_silence;  // the engine measures once a second
  call.on_data = [&](std::string_view bytes) {
    framing = lines.feed(bytes);
    return framing && *framing;
  };
  const auto response = client.send(call, std::move(stop));
  if (ended_by_sink) return {};
  if (!response) return std::unexpected(response.error());
  if (!framing) return std::unexpected(framing.error());
  return {};
}

}  // namespace saasctl::engine
