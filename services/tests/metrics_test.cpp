#include "common/core/metrics.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("Requests are counted by method, route and status", "[metrics]") {
  Metrics metrics;
  metrics.count_request("GET", "/v1/me", 200, std::chrono::milliseconds(3));
  metrics.count_request("GET", "/v1/me", 200, std::chrono::milliseconds(30));
  metrics.count_request("GET", "/v1/me", 401, std::chrono::seconds(60));
  const std::string text = metrics.render();
  CHECK(has_line(text, "# TYPE http_requests_total counter"));
  CHECK(has_line(text, R"(http_requests_total{method="GET",route="/v1/me",status="200"} 2)"));
  CHECK(has_line(text, R"(http_requests_total{method="GET",route="/v1/me",status="401"} 1)"));
}

TEST_CASE("The histogram's buckets are cumulative and end with all", "[metrics]") {
  Metrics metrics;
  metrics.count_request("GET", "/x", 200, std::chrono::milliseconds(3));
  metrics.count_request("GET", "/x", 200, std::chrono::milliseconds(30));
  metrics.count_request("GET", "/x", 200, std::chrono::seconds(60));
  const std::string text = metrics.render();
  CHECK(has_line(text, R"(http_request_duration_seconds_bucket{method="GET",route="/x",le="0.0025"} 0)"));
  CHECK(has_line(text, R"(http_request_duration_seconds_bucket{method="GET",route="/x",le="0.005"} 1)"));
  CHECK(has_line(text, R"(http_request_duration_seconds_bucket{method="GET",route="/x",le="0.05"} 2)"));
  CHECK(has_line(text, R"(http_request_duration_seconds_bucket{method="GET",route="/x",le="10"} 2)"));
  CHECK(has_line(text, R"(http_request_duration_seconds_bucket{method="GET",route="/x",le="+Inf"} 3)"));
  CHECK(has_line(text, R"(http_request_duration_seconds_count{method="GET",route="/x"} 3)"));
}

TEST_CASE("An invented method makes no series of its own, and labels are escaped", "[metrics]") {
  Metrics metrics;
  metrics.count_request("BREW", "a\"b\\c\nd", 405, {});
  CHECK(has_line(metrics.render(), R"(http_requests_total{method="OTHER",route="a\"b\\c\nd",status="405"} 1)"));
}

TEST_CASE("Gauges are read when rendered", "[metrics]") {
  Metrics metrics;
  double value = 1;
  metrics.add("things", "Things.", Metrics::Type::gauge, {{"state=\"idle\"", [&] { return value; }}});
  value = 2.5;
  CHECK(has_line(metrics.render(), R"(things{state="idle"} 2.5)"));
}

TEST_CASE("The process tells when it began and what memory it holds", "[metrics]") {
  Metrics metrics;
  add_process_metrics(metrics);
  const std::string text = metrics.render();
  const auto value = [&](const std::string& name) {
    return std::stod(text.substr(text.find("\n" + name + " ") + name.size() + 2));
  };
  CHECK(value("process_start_time_seconds") > 1.7e9);
  CHECK(value("process_resident_memory_bytes") > 100'000);
  CHECK(value("process_open_fds") >= 3);
}
