// Counters, histograms and gauges in Prometheus's text format 0.0.4 (prometheus.io, "Exposition formats").
// Not synchronised: it belongs to the event loop's thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace saasctl::services {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

class Metrics {
 public:
  // One answered request. `route` is the pattern, never the path, so that the number of series stays bounded; for the
  // same reason an unknown method is counted as OTHER.
  void count_request(std::string_view method, std::string_view route, int status,
                     std::chrono::duration<double> duration);

  enum class Type { counter, gauge };

  struct Series {
    std::string labels;  // `state="idle"`, or empty
    std::function<double()> read;
  };

  // A family whose values are read at each rendering. What `read` refers to must outlive this object's last render().
  void add(std::string name, std::string help, Type type, std::vector<Series> series);

  [[nodiscard]] std::string render() const;

 private:
  static constexpr std::array kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};

  struct Histogram {
    std::array<std::uint64_t, kBounds.size()> buckets{};  // not cumulative
    std::uint64_t count = 0;
    double sum = 0;
  };
  struct Family {
    std::string name;
    std::string help;
    Type type;
    std::vector<Series> series;
  };

  std::map<std::tuple<std::string, std::string, int>, std::uint64_t> requests_;
  std::map<std::pair<std::string, std::string>, Histogram> durations_;
  std::vector<Family> families_;
};

// Adds process_start_time_seconds, process_resident_memory_bytes, process_cpu_seconds_total and process_open_fds, read
// from /proc (proc(5)); the names are those of the Prometheus client libraries.
void add_process_metrics(Metrics& metrics);

}  // namespace saasctl::services
