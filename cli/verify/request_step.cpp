#include "verify/step.hpp"

namespace saasctl::verify {
namespace {

using namespace std::chrono_literals;

// Hides what the step sends as a secret before anything of it can be shown.
void hide_sent(StepContext& around, const stack::Http& http) {
  if (http.bearer) around.masks.add(*http.bearer);
  for (const auto& header : http.headers) {
    if (stack::is_sensitive(header.name)) around.masks.add(header.value);
  }
  if (http.json) around.masks.add_sensitive(*http.json);
}

void hide_captured(StepContext& around, const Captured& captured) {
  for (const auto& [name, value] : captured) {
    if (around.secrets.contains(name)) around.masks.add(value);
  }
}

void keep(StepContext& around, const Captured& captured) {
  for (const auto& [name, value] : captured) around.values.set(name, value);
}

std::string logs_hint(const stack::Target& target) {
  return target.service.empty() ? std::string() : "read the service's logs: saasctl logs " + target.service;
}

StepOutcome send_once(StepContext& around, const stack::VerifyStep& check, const std::string& trace_id) {
  const auto& http = *check.http;
  const auto& target = *stack::request_line(http).value().second;
  const auto url = locate(around, target);
  if (!url) return error_outcome(url.error());
  const auto request = make_request(http, *url, trace_id, around.values.new_span_id());
  const auto response = around.world.web.send(request, around.stop);
  if (!response) {
    auto outcome = error_outcome(response.error());
    if (const auto hint = logs_hint(target); !hint.empty()) outcome.hints.push_back(hint);
    return outcome;
  }
  auto findings = judge_answer(check, *response);
  const auto captured = capture_answer(check, *response, findings);
  hide_captured(around, captured);
  auto outcome = judged(std::move(findings), exchange_details(request, *response));
  if (outcome.passed()) {
    keep(around, captured);
  } else if (const auto hint = logs_hint(target); !hint.empty()) {
    outcome.hints.push_back(hint);
  }
  return outcome;
}

StepOutcome execute_once(StepContext& around, const stack::VerifyStep& check) {
  const auto& exec = *check.exec;
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(timeout_or(exec.timeout, 30s));
  const auto result = around.world.services.exec(exec.service->text, exec.command, timeout, around.stop);
  if (!result) return error_outcome(result.error());
  auto findings = judge_command(check, *result);
  const auto captured = capture_command(check, *result, findings);
  hide_captured(around, captured);
  auto outcome = judged(std::move(findings), command_details(exec, *result));
  if (outcome.passed()) keep(around, captured);
  return outcome;
}

// Tries until the request or command is as expected, then looks for its trace. Every attempt has a trace of its own, so
// that the spans of an earlier one can't stand in for those of the last.
template <typename Once>
StepOutcome run_traced(StepContext& around, const stack::VerifyStep& check, Once once) {
  std::string trace_id;
  stack::VerifyStep last;
  auto outcome = retry(around, timeout_or(check.within, 0ns), [&] {
    trace_id = around.values.new_trace_id();
    last = fill(check, around.values, trace_id).check;
    return once(last, trace_id);
  });
  if (!outcome.passed() || !check.trace) return outcome;
  auto traced = run_trace(around, last, trace_id);
  outcome.details.insert(outcome.details.end(), traced.details.begin(), traced.details.end());
  traced.details = std::move(outcome.details);
  return traced;
}

}  // namespace

StepOutcome run_http(StepContext& around, const stack::VerifyStep& check) {
  return run_traced(around, check, [&](const stack::VerifyStep& filled, const std::string& trace_id) {
    hide_sent(around, *filled.http);
    return send_once(around, filled, trace_id);
  });
}

StepOutcome run_exec(StepContext& around, const stack::VerifyStep& check) {
  auto outcome = run_traced(
      around, check, [&](const stack::VerifyStep& filled, const std::string&) { return execute_once(around, filled); });
  if (outcome.passed() || !check.trace || !outcome.hints.empty()) return outcome;
  // The command that should have made the trace went wrong: for a sender of spans, its destination is what to look at.
  outcome.hints = export_hints(around, check.exec->service->text);
  return outcome;
}

}  // namespace saasctl::verify
