#include "report/json.hpp"

#include <nlohmann/json.hpp>

#include "report/time.hpp"

namespace saasctl::report {
namespace {

using Json = nlohmann::ordered_json;

Json finding_json(const verify::Finding& finding) {
  Json out = {{"expected", finding.expected}, {"got", finding.got}};
  if (!finding.where.empty()) out["where"] = finding.where;
  return out;
}

Json step_json(const verify::StepResult& step) {
  Json out = {{"name", step.name}};
  if (!step.where.empty()) out["where"] = step.where;
  out["status"] = to_string(step.status);
  out["duration_seconds"] = seconds(step.duration);
  for (const auto& finding : step.findings) out["findings"].push_back(finding_json(finding));
  if (!step.message.empty()) out["message"] = step.message;
  if (!step.hints.empty()) out["hints"] = step.hints;
  if (!step.details.empty()) out["details"] = step.details;
  return out;
}

}  // namespace

std::string json(const verify::Report& report) {
  using verify::Status;
  Json counts = Json::object();
  for (const auto status : {Status::passed, Status::failed, Status::skipped, Status::error}) {
    counts[std::string(to_string(status))] = report.count(status);
  }
  Json out = {{"project", report.project},
              {"started", date_time(report.started) + "Z"},
              {"duration_seconds", seconds(report.duration)},
              {"passed", report.passed()},
              {"interrupted", report.interrupted},
              {"counts", counts},
              {"steps", Json::array()}};
  for (const auto& step : report.steps) out["steps"].push_back(step_json(step));
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace saasctl::report
