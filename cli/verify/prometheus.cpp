#include "verify/prometheus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "util/json_text.hpp"
#include "util/text.hpp"
#include "verify/compare.hpp"
#include "verify/exchange.hpp"

namespace saasctl::verify {
namespace {

using declare::Json;

Result<Json> parse_data(const std::string& body) {
  const auto foreign = parse_ordered_json(body);
  if (!foreign)
    return failure(fmt::format("the answer is not JSON ({}): {}", foreign.error().message, shortened(body, 120)));
  const auto& document = *foreign;
  if (!document.is_object()) return failure("the answer is not one of Prometheus: " + shortened(body, 120));
  if (document.value("status", "") != "success") {
    return failure("Prometheus refused the query: " + document.value("error", shortened(body, 120)));
  }
  const auto data = document.find("data");
  if (data == document.end() || !data->is_object())
    return failure("the answer is not one of Prometheus: it has no data");
  return *data;
}

// The number in a sample, which is [time, "value"].
Result<std::optional<double>> sample(const Json& pair) {
  if (!pair.is_array() || pair.size() != 2 || !pair[1].is_string()) {
    return failure("the answer is not one of Prometheus: a sample without a value");
  }
  const auto& text = pair[1].get_ref<const std::string&>();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return failure("Prometheus answered '" + text + "', not a number");
  return value;
}

Result<std::optional<double>> read_number(const Json& data) {
  const auto type = data.value("resultType", "");
  const auto result = data.value("result", Json::array());
  if (type == "scalar") return sample(result);
  if (type != "vector" || !result.is_array()) {
    return failure(fmt::format("the query gives a {}, not a number", type),
                   "use an instant query that gives one number");
  }
  if (result.empty()) return std::optional<double>();
  if (result.size() > 1) {
    return failure(fmt::format("the query gives {} series, not one number", result.size()),
                   "sum() them, or select one by its labels");
  }
  return sample(result.front().value("value", Json()));
}

Result<std::vector<ScrapeTarget>> read_targets(const Json& data) {
  std::vector<ScrapeTarget> targets;
  for (const auto& item : data.value("activeTargets", Json::array())) {
    const auto labels = item.value("labels", Json::object());
    targets.push_back({labels.value("instance", ""), item.value("health", "unknown"), item.value("lastError", ""),
                       engine::parse_timestamp(item.value("lastScrape", ""))});
  }
  return targets;
}

// What `read` makes of the answer's data; members of another type than documented are an error like any other.
template <typename Read>
auto parsed(const std::string& body, Read read) -> decltype(read(Json())) {
  try {
    const auto data = parse_data(body);
    if (!data) return std::unexpected(data.error());
    return read(*data);
  } catch (const Json::exception& error) {
    return failure(fmt::format("the answer is not one of Prometheus: {}", error.what()));
  }
}

}  // namespace

Result<std::optional<double>> parse_number(const std::string& body) {
  return parsed(body, read_number);
}

Result<std::vector<ScrapeTarget>> parse_targets(const std::string& body) {
  return parsed(body, read_targets);
}

std::vector<Finding> judge_targets(const std::vector<std::string>& wanted, const std::vector<ScrapeTarget>& targets,
                                   const yaml::Position& at) {
  std::vector<Finding> findings;
  std::vector<std::string> known;
  for (const auto& target : targets) known.push_back(target.instance);
  for (const auto& instance : wanted) {
    const auto found = std::ranges::find(targets, instance, &ScrapeTarget::instance);
    const auto where = place(at);
    if (found == targets.end()) {
      findings.push_back(
          {"target " + instance + " up", known.empty() ? "no targets" : "targets " + join(known, ", "), where});
    } else if (found->health != "up") {
      findings.push_back({"target " + instance + " up",
                          found->last_error.empty() ? found->health : found->health + ": " + found->last_error, where});
    }
  }
  return findings;
}

bool scraped_since(const std::vector<ScrapeTarget>& targets, engine::Timestamp moment) {
  bool any = false;
  for (const auto& target : targets) {
    if (target.health != "up") continue;
    if (!target.last_scrape || *target.last_scrape < moment) return false;
    any = true;
  }
  return any;
}

std::string format_number(double value) {
  return fmt::format("{}", value);
}

}  // namespace saasctl::verify
