#include <fmt/format.h>

#include "verify/compare.hpp"
#include "verify/prometheus.hpp"
#include "verify/step.hpp"

namespace saasctl::verify {
namespace {

using namespace std::chrono_literals;

Result<std::optional<double>> query(StepContext& around, const std::string& prometheus, const std::string& expression) {
  const auto body = fetch(around, prometheus + "/api/v1/query" + http::query_string({{"query", expression}}));
  if (!body) return std::unexpected(body.error());
  return parse_number(*body);
}

Result<std::vector<ScrapeTarget>> targets(StepContext& around, const std::string& prometheus) {
  const auto body = fetch(around, prometheus + "/api/v1/targets?state=active");
  if (!body) return std::unexpected(body.error());
  return parse_targets(*body);
}

std::string in_words(const std::optional<double>& number) {
  return number ? format_number(*number) : "no series";
}

StepOutcome look_at_targets(StepContext& around, const stack::PrometheusCheck& check, const std::string& prometheus) {
  const auto active = targets(around, prometheus);
  if (!active) return error_outcome(active.error());
  return judged(judge_targets(check.targets, *active, check.where("targets")), {});
}

StepOutcome look_at_value(StepContext& around, const stack::PrometheusCheck& check, const std::string& prometheus) {
  const auto number = query(around, prometheus, *check.query);
  if (!number) return error_outcome(number.error());
  const auto value = *number ? declare::Json(**number) : declare::Json();
  std::vector<Finding> findings;
  for (auto& mismatch : compare(*check.value, *number ? &value : nullptr, Origin::json)) {
    findings.push_back(
        {*check.query + ": " + mismatch.expected, *number ? mismatch.got : "no series", place(check.where("value"))});
  }
  return judged(std::move(findings), {*check.query + " = " + in_words(*number)});
}

// Waits for a scrape that began after now, so that nothing done before can be taken for the growth to come. The moment
// is taken from Prometheus, whose clock dates the scrapes.
StepOutcome wait_for_scrape(StepContext& around, const std::string& prometheus, std::chrono::nanoseconds within) {
  const auto now = query(around, prometheus, "time()");
  if (!now) return error_outcome(now.error());
  const std::chrono::duration<double> seconds(now->value_or(0));
  const engine::Timestamp moment(std::chrono::duration_cast<std::chrono::nanoseconds>(seconds));
  auto outcome = retry(around, within, [&] {
    const auto active = targets(around, prometheus);
    if (!active) return error_outcome(active.error());
    if (scraped_since(*active, moment)) return StepOutcome{};
    return judged({{"a scrape of every target that is up", "none since the step began", {}}}, {});
  });
  // A target is marked as scraped just before its samples can be queried.
  if (outcome.passed()) around.world.clock.wait(250ms, around.stop);
  return outcome;
}

StepOutcome request_once(StepContext& around, const stack::Http& http) {
  stack::VerifyStep step;
  step.at = http.at;
  step.http = http;
  return run_http(around, step);
}

StepOutcome watch_growth(StepContext& around, const stack::PrometheusCheck& check, const std::string& prometheus,
                         std::chrono::nanoseconds within) {
  auto fresh = wait_for_scrape(around, prometheus, within);
  if (!fresh.passed()) return fresh;
  const auto before = query(around, prometheus, *check.query);
  if (!before) return error_outcome(before.error());
  auto request = request_once(around, *check.by);
  if (!request.passed()) return request;
  return retry(around, within, [&] {
    const auto after = query(around, prometheus, *check.query);
    if (!after) return error_outcome(after.error());
    auto details = request.details;
    details.push_back(fmt::format("{}: {} before, {} after", *check.query, in_words(*before), in_words(*after)));
    if (after->value_or(0) > before->value_or(0)) return judged({}, std::move(details));
    return judged({{fmt::format("{} greater than {}", *check.query, in_words(*before)), in_words(*after),
                    place(check.where("grows"))}},
                  std::move(details));
  });
}

}  // namespace

StepOutcome run_prometheus(StepContext& around, const stack::VerifyStep& check) {
  const auto filled = fill(check, around.values, {}).check;
  const auto& asked = *filled.prometheus;
  const auto prometheus = locate_tool(around, asked.from, "prometheus", 9090);
  if (!prometheus) return error_outcome(prometheus.error());
  const auto within = timeout_or(check.within, 30s);
  StepOutcome outcome;
  if (!asked.targets.empty()) {
    outcome = retry(around, within, [&] { return look_at_targets(around, asked, *prometheus); });
  } else if (asked.grows.value_or(false)) {
    outcome = watch_growth(around, asked, *prometheus, within);
  } else {
    outcome = retry(around, within, [&] { return look_at_value(around, asked, *prometheus); });
  }
  if (!outcome.passed()) outcome.hints.push_back("Prometheus's view: " + *prometheus + "/targets");
  return outcome;
}

}  // namespace saasctl::verify
