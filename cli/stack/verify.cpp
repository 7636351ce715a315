#include "stack/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "stack/verify_forms.hpp"
#include "util/http_field.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

const Record<Expectation>& comparison_record();

Codec<Expectation> expectation() {
  auto form = expectation_form(comparison_record);
  form.records = {&comparison_record().info()};
  return form;
}

// Inside the declaration of the comparisons themselves, which is not finished yet.
Codec<std::vector<Expectation>> nested_comparison() {
  return nested(expectation_form(comparison_record));
}

const Record<Expectation>& comparison_record() {
  static const auto record =
      Record<Expectation>(
          "comparison", "What a value must be. All comparisons that are given must hold; a plain value means `equals`.")
          .key("exists", &Expectation::exists, boolean(), "Whether there is a value at all (null is one).",
               Origin::ours)
          .key("equals", &Expectation::equals, template_value(),
               "The same value; numbers by size, objects and lists member by member.", Origin::ours)
          .key("one_of", &Expectation::one_of, list_of(template_value()), "Equal to one of these.", Origin::ours)
          .key("contains", &Expectation::contains, template_value(),
               "A text with this in it; a list with such an item; an object with these members.", Origin::ours)
          .key("matches", &Expectation::matches, regex_form(),
               "A line of the text has a match of this regular expression (RE2).", Origin::ours)
          .key("starts_with", &Expectation::starts_with, template_text(), "The text begins so.", Origin::ours)
          .key("ends_with", &Expectation::ends_with, template_text(), "The text ends so.", Origin::ours)
          .key("type", &Expectation::type, one_of({"string", "number", "integer", "boolean", "list", "object", "null"}),
               "The JSON type.", Origin::ours)
          .key("gt", &Expectation::gt, number_form(), "A greater number.", Origin::ours)
          .key("ge", &Expectation::ge, number_form(), "A number at least as great.", Origin::ours)
          .key("lt", &Expectation::lt, number_form(), "A smaller number.", Origin::ours)
          .key("le", &Expectation::le, number_form(), "A number at most as great.", Origin::ours)
          .key("length", &Expectation::length, nested_comparison(), "How many items, members or bytes.", Origin::ours)
          .key("not", &Expectation::negated, nested_comparison(), "This must not hold.", Origin::ours);
  return record;
}

constexpr std::array methods = {"get", "post", "put", "patch", "delete", "head"};

std::array<const std::optional<Target>*, 6> targets(const Http& http) {
  return {&http.get, &http.post, &http.put, &http.patch, &http.del, &http.head};
}

const Record<Http>& http_record() {
  static const auto record =
      Record<Http>("http",
                   "One request; exactly one of the method keys. Without `expect: {status: …}` any 2xx is right.")
          .key("get", &Http::get, target_form(), "GET this target.", Origin::ours)
          .example("get: auth-service/v1/me")
          .key("post", &Http::post, target_form(), "POST to this target.", Origin::ours)
          .key("put", &Http::put, target_form(), "PUT to this target.", Origin::ours)
          .key("patch", &Http::patch, target_form(), "PATCH this target.", Origin::ours)
          .key("delete", &Http::del, target_form(), "DELETE this target.", Origin::ours)
          .key("head", &Http::head, target_form(), "HEAD of this target.", Origin::ours)
          .key("headers", &Http::headers, named(template_text(), header_names(), "header names to values"),
               "Header fields to send.", Origin::ours)
          .key("bearer", &Http::bearer, template_text(), "Sent as `Authorization: Bearer …`; never shown.",
               Origin::ours)
          .key("json", &Http::json, template_value(), "The body, sent as application/json.", Origin::ours)
          .key("body", &Http::body, template_text(), "The body as it is.", Origin::ours)
          .key("timeout", &Http::timeout, duration(), "How long one attempt may take; 10s when not given.",
               Origin::ours);
  return record;
}

void check_field(const std::string& value, Position at, std::string_view what, Reader& reader) {
  if (http::is_field_value(value)) return;
  reader.diagnostics().add(at, 1, fmt::format("a line break or zero byte in the value of {}", what),
                           "it would end the header: write the value on one line");
}

Codec<Http> http_form() {
  auto full = http_record().form();
  full.read = [](const Node& node, Reader& reader) -> std::optional<Http> {
    auto http = http_record().read(node, reader);
    if (!http) return http;
    const auto given = std::ranges::count_if(methods, [&](const char* method) { return http->has(method); });
    if (given == 0)
      reader.diagnostics().add(node.at, 1, "no method in http",
                               "write one of get, post, put, patch, delete, head with a target");
    if (given > 1) reader.diagnostics().add(node.at, 1, "more than one method in http", "one step sends one request");
    for (const auto& header : http->headers) check_field(header.value, header.at, "a header", reader);
    if (http->bearer) check_field(*http->bearer, http->where("bearer"), "bearer", reader);
    if (http->json && http->body)
      reader.diagnostics().add(http->where("body"), 4, "both json and body", "a request has one body");
    return http;
  };
  const auto read_short = [](const Node& node, Reader& reader) -> std::optional<Http> {
    Node target = node;
    const auto space = node.text.find(' ');
    const auto method = to_lower(node.text.substr(0, space == std::string::npos ? 0 : space));
    const auto known = std::ranges::find(methods, method);
    if (known != methods.end()) target.text = trim(std::string_view(node.text).substr(space));
    auto read = target_form().read(target, reader);
    if (!read) return std::nullopt;
    Http http;
    http.at = node.at;
    const auto index = known == methods.end() ? std::size_t{0} : static_cast<std::size_t>(known - methods.begin());
    const std::array members = {&Http::get, &Http::post, &Http::put, &Http::patch, &Http::del, &Http::head};
    http.*members[index] = std::move(*read);
    http.keys.emplace_back(methods[index], node.at);
    return http;
  };
  return short_or_long<Http>("[METHOD] TARGET", read_short, full);
}

const Record<Exec>& exec_record() {
  static const auto record =
      Record<Exec>("exec",
                   "A command in the service's running container, without a shell. Without `expect: {exit_code: …}` it "
                   "must exit with 0.")
          .key("service", &Exec::service, word(), "In whose container.", Origin::ours)
          .key("command", &Exec::command, command(), "The program and its arguments.", Origin::ours, true)
          .key("timeout", &Exec::timeout, duration(), "How long one attempt may take; 30s when not given.",
               Origin::ours);
  return record;
}

Codec<Exec> exec_form() {
  auto form = exec_record().form();
  form.read = [](const Node& node, Reader& reader) -> std::optional<Exec> {
    auto exec = exec_record().read(node, reader);
    if (exec && !exec->has("service"))
      reader.diagnostics().add(node.at, 1, "missing key 'service' in exec", "In whose container.");
    if (exec && exec->has("command") && exec->command.empty()) {
      reader.diagnostics().add(exec->where("command"), 7, "the command is empty", "write what it runs");
    }
    return exec;
  };
  return form;
}

const Record<SpanExpectation>& span_record() {
  static const auto record =
      Record<SpanExpectation>("span", "A span that the trace must have.")
          .key("service", &SpanExpectation::service, word(), "Whose span.", Origin::ours)
          .key("name", &SpanExpectation::name, expectation(), "Its operation name.", Origin::ours)
          .key("kind", &SpanExpectation::kind, one_of({"server", "client", "internal", "producer", "consumer"}),
               "Its kind.", Origin::ours)
          .key("attributes", &SpanExpectation::attributes,
               named(expectation(), any_names(), "attribute names to expectations"), "Attributes it must have.",
               Origin::ours);
  return record;
}

const Record<Trace>& trace_record() {
  static const auto record = Record<Trace>("trace",
                                           "What Jaeger must have stored of this step's request or command. The "
                                           "request carries a traceparent of its own; a command gets {{trace_id}}.")
                                 .key("services", &Trace::services, list_or_one(word()),
                                      "Services that must have a span in this one trace.", Origin::ours)
                                 .key("spans", &Trace::spans, list_or_one(span_record().form()),
                                      "Spans it must have, in any order.", Origin::ours)
                                 .key("from", &Trace::from, target_form(),
                                      "Which Jaeger; the service `jaeger`, port 16686, when not given.", Origin::ours)
                                 .key("within", &Trace::within, duration(),
                                      "How long spans may take to arrive; 10s when not given.", Origin::ours);
  return record;
}

const Record<PrometheusCheck>& prometheus_check_record() {
  static const auto record =
      Record<PrometheusCheck>("prometheus-check", "What Prometheus must have scraped; either `targets` or `query`.")
          .key("targets", &PrometheusCheck::targets, list_or_one(template_text()),
               "Instances, host:port as scraped, that must be up.", Origin::ours)
          .key("query", &PrometheusCheck::query, template_text(), "PromQL that gives one number.", Origin::ours)
          .key("value", &PrometheusCheck::value, expectation(), "What the number must be.", Origin::ours)
          .key("grows", &PrometheusCheck::grows, boolean(),
               "The number is greater after the request `by` than before it.", Origin::ours)
          .key("by", &PrometheusCheck::by, http_form(), "The request that makes the number grow.", Origin::ours)
          .key("from", &PrometheusCheck::from, target_form(),
               "Which Prometheus; the service `prometheus`, port 9090, when not given.", Origin::ours);
  return record;
}

const Record<Expect>& expect_record() {
  static const auto record =
      Record<Expect>("expect", "What the answer of an http step or the end of an exec step must be.")
          .key("status", &Expect::status, status_form(), "HTTP status.", Origin::ours)
          .key("headers", &Expect::headers, named(expectation(), header_names(), "header names to expectations"),
               "Headers of the answer.", Origin::ours)
          .key("json", &Expect::json, named(expectation(), pointer_names(), "JSON pointers to expectations"),
               "Values in the answer's JSON.", Origin::ours)
          .example("{/user/email: \"{{email}}\", /user/id: exists}")
          .key("body", &Expect::body, expectation(), "The answer's body as text.", Origin::ours)
          .key("exit_code", &Expect::exit_code, integer(0, 255), "Exit code of the command.", Origin::ours)
          .key("stdout", &Expect::standard_output, expectation(), "What the command wrote to standard output.",
               Origin::ours)
          .key("stderr", &Expect::standard_error, expectation(), "What it wrote to standard error.", Origin::ours);
  return record;
}

const Record<Capture>& capture_record() {
  static const auto record =
      Record<Capture>("capture",
                      "Where a value for later steps comes from; exactly one key. A plain JSON pointer means `json`.")
          .key("json", &Capture::json, pointer_form(), "JSON pointer into the answer.", Origin::ours)
          .key("header", &Capture::header, any_text(), "A header of the answer.", Origin::ours)
          .key("matches", &Capture::matches, regex_form(),
               "Regular expression (RE2) over the body or standard output; its first group, or the whole match.",
               Origin::ours);
  return record;
}

Codec<Capture> capture_form() {
  auto full = capture_record().form();
  full.read = [](const Node& node, Reader& reader) -> std::optional<Capture> {
    auto capture = capture_record().read(node, reader);
    if (capture && capture->keys.size() != 1) {
      reader.diagnostics().add(node.at, 1, "a capture has exactly one of json, header, matches",
                               "keep or add one of them");
    }
    return capture;
  };
  const auto read_short = [](const Node& node, Reader& reader) -> std::optional<Capture> {
    auto pointer = pointer_form().read(node, reader);
    if (!pointer) return std::nullopt;
    Capture capture;
    capture.at = node.at;
    capture.json = std::move(*pointer);
    return capture;
  };
  return short_or_long<Capture>("JSON pointer", read_short, full, [](const Capture& capture, Style) {
    return capture.json ? std::optional<Json>(*capture.json) : std::nullopt;
  });
}

}  // namespace

bool Status::accepts(int status) const {
  return std::ranges::any_of(allowed, [&](const std::string& one) {
    return one.ends_with("xx") ? status / 100 == one.front() - '0' : parse_integer(one) == status;
  });
}

std::optional<std::pair<std::string, const Target*>> request_line(const Http& http) {
  constexpr std::array names = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};
  const auto all = targets(http);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (*all[i]) return std::pair(std::string(names[i]), &**all[i]);
  }
  return std::nullopt;
}

StepKind kind_of(const VerifyStep& check) {
  if (check.healthy) return StepKind::healthy;
  if (check.http) return StepKind::http;
  if (check.exec) return StepKind::exec;
  if (check.prometheus) return StepKind::prometheus;
  if (check.recreate) return StepKind::recreate;
  if (!check.set.empty()) return StepKind::set;
  return StepKind::none;
}

std::string title(const VerifyStep& check) {
  if (!check.name.empty()) return check.name;
  switch (kind_of(check)) {
    case StepKind::healthy:
      return "healthy";
    case StepKind::http: {
      const auto line = request_line(*check.http);
      return line ? line->first + " " + line->second->text : "http";
    }
    case StepKind::exec:
      return "exec in " + (check.exec->service ? check.exec->service->text : std::string("a service"));
    case StepKind::prometheus:
      return "prometheus";
    case StepKind::recreate:
      return "recreate " + check.recreate->text;
    case StepKind::set: {
      std::vector<std::string> names;
      for (const auto& value : check.set) names.push_back(value.name);
      return "set " + join(names, ", ");
    }
    case StepKind::none:
      break;
  }
  return "step";
}

const Record<VerifyStep>& verify_step_record() {
  static const auto record =
      Record<VerifyStep>(
          "check", "One step of the verification plan: exactly one of healthy, http, exec, prometheus, recreate, set.")
          .key("name", &VerifyStep::name, text(), "What holds, as a sentence.", Origin::ours)
          .key("healthy", &VerifyStep::healthy, healthy_form(),
               "These services are healthy; those without a healthcheck run.", Origin::ours)
          .key("http", &VerifyStep::http, http_form(), "Send a request.", Origin::ours)
          .key("exec", &VerifyStep::exec, exec_form(), "Run a command in a service's container.", Origin::ours)
          .key("prometheus", &VerifyStep::prometheus, prometheus_check_record().form(), "Ask Prometheus.", Origin::ours)
          .key("recreate", &VerifyStep::recreate, word(),
               "Remove this service's container, recreate it as it was, and wait until it is healthy.", Origin::ours)
          .key("set", &VerifyStep::set, named(template_value(), placeholder_names(), "names to values"),
               "Values for later steps. {{random}} and {{uuid}} are new at every use, so name here what must stay the "
               "same.",
               Origin::ours)
          .key("expect", &VerifyStep::expect, expect_record().form(), "What the answer must be.", Origin::ours)
          .key("capture", &VerifyStep::capture, named(capture_form(), placeholder_names(), "names to captures"),
               "Values for later steps, from the answer.", Origin::ours)
          .key("secret", &VerifyStep::secret, list_or_one(word()),
               "Names set or captured here that reports show as ***.", Origin::ours)
          .key("trace", &VerifyStep::trace, trace_record().form(), "What Jaeger must have of this step.", Origin::ours)
          .key("within", &VerifyStep::within, duration(), "Try again until the step passes, at most this long.",
               Origin::ours);
  return record;
}

}  // namespace saasctl::stack
