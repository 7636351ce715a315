// Answers of Prometheus's HTTP API. Pure.
// Source: Prometheus 2.53, "HTTP API": instant queries and targets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/time.hpp"
#include "stack/verify.hpp"
#include "util/result.hpp"
#include "verify/report.hpp"

namespace saasctl::verify {

// The one number of an instant query; nothing when no series matches. Error failed: the query was refused (with
// Prometheus's words), or it gives more than one series.
Result<std::optional<double>> parse_number(const std::string& body);

struct ScrapeTarget {
  std::string instance;  // "auth-service:3001"
  std::string health;    // up, down, unknown
  std::string last_error;
  std::optional<engine::Timestamp> last_scrape;
};

// The active targets. Error failed: the body is not what Prometheus answers.
Result<std::vector<ScrapeTarget>> parse_targets(const std::string& body);

// One finding for each wanted instance that is not up.
std::vector<Finding> judge_targets(const std::vector<std::string>& wanted, const std::vector<ScrapeTarget>& targets,
                                   const yaml::Position& at);

// Every target that is up was scraped at or after this moment, and there is one.
bool scraped_since(const std::vector<ScrapeTarget>& targets, engine::Timestamp moment);

// A number as Prometheus's users write it: without a fraction when it has none.
std::string format_number(double value);

}  // namespace saasctl::verify
