#include "common/core/metrics.hpp"

#include <algorithm>
#include <charconv>

namespace saasctl::services {

namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::string(text.data(), end) : "NaN";
}

std::string escaped(std::string_view label_value) {
  std::string text;
  for (const char letter : label_value) {
    if (letter == '\\' || letter == '"') text += '\\';
    if (letter == '\n') {
      text += "\\n";
    } else {
      text += letter;
    }
  }
  return text;
}

std::string family_header(const std::string& name, const std::string& help, std::string_view type) {
  return "# HELP " + name + " " + help + "\n# TYPE " + name + " " + std::string(type) + "\n";
}

std::string known_method(std::string_view method) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::string(std::ranges::find(kMethods, method) == kMethods.end() ? "OTHER" : method);
}

}  // namespace

void Metrics::count_request(std::string_view method, std::string_view route, int status,
                            std::chrono::duration<double> duration) {
  const std::string known = known_method(method);
  ++requests_[{known, std::string(route), status}];
  Histogram& histogram = durations_[{known, std::string(route)}];
  const auto bucket = std::ranges::lower_bound(kBounds, duration.count());
  if (bucket != kBounds.end()) ++histogram.buckets[static_cast<std::size_t>(bucket - kBounds.begin())];
  ++histogram.count;
  histogram.sum += duration.count();
}

void Metrics::add(std::string name, std::string help, Type type, std::vector<Series> series) {
  families_.push_back({std::move(name), std::move(help), type, std::move(series)});
}

std::string Metrics::render() const {
  std::string out = family_header("http_requests_total", "Requests answered.", "counter");
  for (const auto& [key, count] : requests_) {
    const auto& [method, route, status] = key;
    out += "http_requests_total{method=\"" + method + "\",route=\"" + escaped(route) + "\",status=\"" +
           std::to_string(status) + "\"} " + std::to_string(count) + "\n";
  }
  out += family_header("http_request_duration_seconds", "Time from a request's header to its answer.", "histogram");
  for (const auto& [key, histogram] : durations_) {
    const std::string labels = "method=\"" + key.first + "\",route=\"" + escaped(key.second) + "\"";
    std::uint64_t below = 0;
    for (std::size_t at = 0; at < kBounds.size(); ++at) {
      below += histogram.buckets[at];
      out += "http_request_duration_seconds_bucket{" + labels + ",le=\"" + number(kBounds[at]) + "\"} " +
             std::to_string(below) + "\n";
    }
    out += "http_request_duration_seconds_bucket{" + labels + ",le=\"+Inf\"} " + std::to_string(histogram.count) + "\n";
    out += "http_request_duration_seconds_sum{" + labels + "} " + number(histogram.sum) + "\n";
    out += "http_request_duration_seconds_count{" + labels + "} " + std::to_string(histogram.count) + "\n";
  }
  for (const Family& family : families_) {
    out += family_header(family.name, family.help, family.type == Type::counter ? "counter" : "gauge");
    for (const Series& series : family.series) {
      const std::string labels = series.labels.empty() ? "" : "{" + series.labels + "}";
      out += family.name + labels + " " + number(series.read()) + "\n";
    }
  }
  return out;
}

}  // namespace saasctl::services
