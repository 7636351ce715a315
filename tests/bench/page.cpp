#include "page.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <fstream>

#include "engine/system.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

namespace saasctl::bench {
namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string first_line(const std::vector<std::string>& words) {
  const auto result = run_process(words, {}, {});
  if (!result || result->exit_code != 0) return "unknown";
  return result->standard_output.substr(0, result->standard_output.find('\n'));
}

std::string time_text(double seconds) {
  return seconds < 1 ? fmt::format("{:.0f} ms", seconds * 1000) : fmt::format("{:.2f} s", seconds);
}

std::string seconds_cell(const std::vector<double>& values) {
  if (values.empty()) return "–";
  const auto [median, least, most] = statistics(values);
  return fmt::format("{} ({} – {})", time_text(median), time_text(least), time_text(most));
}

std::string ratio(const std::vector<double>& more, const std::vector<double>& less) {
  if (more.empty() || less.empty()) return "–";
  return fmt::format("{:.1f}×", statistics(more).median / statistics(less).median);
}

}  // namespace

std::string conditions(const engine::Client& client, const Tools& tools) {
  utsname kernel{};
  ::uname(&kernel);
  std::string text;
  const auto version = engine::engine_version(client, {});
  const auto info = engine::engine_info(client, {});
  if (info) {
    text += fmt::format("- machine: {}, {} processors, {:.0f} GB of memory, {}, Linux {}\n", processor(), info->cpus,
                        static_cast<double>(info->memory) / 1e9, info->operating_system, kernel.release);
  }
  if (info && version) text += fmt::format("- engine: Docker Engine {}, {}\n", version->version, info->storage_driver);
  text += fmt::format("- {}, release build\n", first_line({tools.saasctl.string(), "--version"}));
  text += fmt::format("- {}\n", first_line({tools.compose.string(), "version"}));
  return text;
}

std::string table(const std::vector<Row>& rows) {
  std::string text =
      "| case | saasctl | docker compose | faster | bare API calls | saasctl to bare |\n|---|---|---|---|---|---|\n";
  for (const auto& row : rows) {
    text += fmt::format("| {}: `{}`, `{}` | {} | {} | {} | {} | {} |\n", row.name, row.ours, row.theirs,
                        seconds_cell(row.our_seconds), seconds_cell(row.their_seconds),
                        ratio(row.their_seconds, row.our_seconds), seconds_cell(row.limit_seconds),
                        ratio(row.our_seconds, row.limit_seconds));
  }
  std::string memory;
  for (const auto& row : rows) {
    if (row.our_memory.empty()) continue;
    memory += fmt::format("| {} | {:.0f} MB | {:.0f} MB |\n", row.name, statistics(row.our_memory).median,
                          statistics(row.their_memory).median);
  }
  if (!memory.empty()) text += "\n| most memory held | saasctl | docker compose |\n|---|---|---|\n" + memory;
  return text;
}

}  // namespace saasctl::bench
