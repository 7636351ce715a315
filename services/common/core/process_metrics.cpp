#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/core/metrics.hpp"

namespace saasctl::services {

namespace {

// Fields of /proc/self/stat behind the command's closing parenthesis; index 0 is field 3 (the state).
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream rest(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

// `field` is numbered as in proc(5); NaN when /proc can't be read.
double stat_number(std::size_t field) {
  const std::vector<std::string> fields = stat_fields();
  if (fields.size() <= field - 3) return std::numeric_limits<double>::quiet_NaN();
  return std::stod(fields[field - 3]);
}

double cpu_seconds() {
  return (stat_number(14) + stat_number(15)) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double resident_bytes() {
  return stat_number(24) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (auto entry = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    ++count;
  }
  return count - 1;  // the listing's own
}

}  // namespace

void add_process_metrics(Metrics& metrics) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  metrics.add("process_start_time_seconds", "Start time of the process since the Unix epoch.", Metrics::Type::gauge,
              {{"", [start = now.count()] { return start; }}});
  metrics.add("process_cpu_seconds_total", "User and system CPU time spent.", Metrics::Type::counter,
              {{"", cpu_seconds}});
  metrics.add("process_resident_memory_bytes", "Resident memory size.", Metrics::Type::gauge, {{"", resident_bytes}});
  metrics.add("process_open_fds", "Open file descriptors.", Metrics::Type::gauge, {{"", open_descriptors}});
}

}  // namespace saasctl::services
