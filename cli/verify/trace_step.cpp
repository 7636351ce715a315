#include <fmt/format.h>

#include <algorithm>

#include "util/text.hpp"
#include "verify/jaeger.hpp"
#include "verify/step.hpp"

namespace saasctl::verify {
namespace {

using namespace std::chrono_literals;

// Every name by which a container of the stack can be reached inside it.
std::vector<std::string> names_in(const stack::Stack& stack) {
  std::vector<std::string> names;
  for (const auto& service : stack.services) {
    names.push_back(service.name);
    for (const auto& name : {service.value.container_name, service.value.hostname}) {
      if (name) names.push_back(*name);
    }
    for (const auto& network : service.value.networks) {
      names.insert(names.end(), network.value.aliases.begin(), network.value.aliases.end());
    }
  }
  return names;
}

// What is to be said of a host that spans are sent to.
std::string judge_host(StepContext& around, const std::string& host) {
  if (host == "localhost" || host == "::1" || host.starts_with("127.")) {
    return "which is the container itself, where no Jaeger listens";
  }
  const auto names = names_in(around.stack);
  if (std::ranges::find(names, host) == names.end()) {
    const auto close = nearest(host, names);
    return "which is not a name in this stack" + (close ? fmt::format("; did you mean '{}'?", *close) : std::string());
  }
  const auto state = around.world.services.state(host, around.stop);
  if (state && state->status != "running") return fmt::format("whose container is {}", state->status);
  return "which is a name in this stack";
}

std::string host_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find_first_of(":/")));
}

StepOutcome look_once(StepContext& around, const stack::Trace& trace, const std::string& url, TraceGaps& gaps) {
  const auto body = fetch(around, url);
  // Jaeger answers 404 for a trace of which it has nothing yet.
  if (!body && body.error().kind != ErrorKind::not_found) return error_outcome(body.error());
  const auto spans = body ? parse_spans(*body) : Result<std::vector<Span>>();
  if (!spans) return error_outcome(spans.error());
  gaps = find_gaps(trace, *spans);
  return judged(gaps.findings, {"spans found: " + describe(*spans)});
}

void add_hints(StepContext& around, const std::string& jaeger, const std::string& trace_id,
               const std::vector<std::string>& silent, StepOutcome& outcome) {
  outcome.hints.push_back(fmt::format("the trace in Jaeger: {}/trace/{}", jaeger, trace_id));
  const auto services = fetch(around, jaeger + "/api/services");
  for (const auto& service : silent) {
    if (services && std::ranges::count(parse_services(*services), service) == 0) {
      outcome.hints.push_back(fmt::format("{} has never reported a span to this Jaeger", service));
    }
    for (auto& hint : export_hints(around, service)) outcome.hints.push_back(std::move(hint));
  }
}

}  // namespace

std::vector<std::string> export_hints(StepContext& around, const std::string& service) {
  constexpr std::string_view agent = "JAEGER_AGENT_HOST";
  constexpr std::string_view otlp = "OTEL_EXPORTER_OTLP_ENDPOINT";
  const auto variables = around.world.services.variables(service, {std::string(agent), std::string(otlp)}, around.stop);
  if (!variables) return {};
  std::vector<std::string> hints;
  const auto host = variables->find(std::string(agent));
  if (host != variables->end()) {
    hints.push_back(fmt::format("UDP gives no delivery error: {} sends spans to {}={}, {}", service, agent,
                                host->second, judge_host(around, host->second)));
  }
  const auto endpoint = variables->find(std::string(otlp));
  if (endpoint != variables->end() && !endpoint->second.empty()) {
    hints.push_back(fmt::format("{} exports to {}={}, {}", service, otlp, endpoint->second,
                                judge_host(around, host_of_url(endpoint->second))));
  }
  if (hints.empty()) hints.push_back(fmt::format("{} has neither {} nor {} in its environment", service, agent, otlp));
  return hints;
}

StepOutcome run_trace(StepContext& around, const stack::VerifyStep& check, const std::string& trace_id) {
  const auto& trace = *check.trace;
  const auto jaeger = locate_tool(around, trace.from, "jaeger", 16686);
  if (!jaeger) {
    auto outcome = error_outcome(jaeger.error());
    outcome.message = "the trace cannot be looked up: " + outcome.message;
    return outcome;
  }
  const auto url = fmt::format("{}/api/traces/{}", *jaeger, trace_id);
  TraceGaps gaps;
  auto outcome = retry(around, timeout_or(trace.within, 10s), [&] { return look_once(around, trace, url, gaps); });
  if (outcome.status == Status::error) outcome.message = "the trace cannot be looked up: " + outcome.message;
  if (outcome.status == Status::failed) {
    if (gaps.services.empty() && check.exec) gaps.services.push_back(check.exec->service->text);
    add_hints(around, *jaeger, trace_id, gaps.services, outcome);
  }
  return outcome;
}

}  // namespace saasctl::verify
