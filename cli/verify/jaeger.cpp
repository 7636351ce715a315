#include "verify/jaeger.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/json_text.hpp"
#include "util/text.hpp"
#include "verify/compare.hpp"
#include "verify/exchange.hpp"

namespace saasctl::verify {
namespace {

using declare::Json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& items_of(const Json& object, const char* key) {
  static const Json none = Json::array();
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : none;
}

Span parse_span(const Json& item, const Json& processes) {
  Span span;
  span.name = text_of(item, "operationName");
  span.kind = "internal";
  const auto process = processes.find(text_of(item, "processID"));
  if (process != processes.end() && process->is_object()) span.service = text_of(*process, "serviceName");
  for (const auto& tag : items_of(item, "tags")) {
    if (tag.is_object() && tag.contains("value")) span.attributes[text_of(tag, "key")] = tag["value"];
  }
  const auto kind = span.attributes.find("span.kind");
  if (kind != span.attributes.end() && kind->second.is_string()) span.kind = kind->second.get<std::string>();
  return span;
}

bool matches(const stack::SpanExpectation& wanted, const Span& span) {
  if (wanted.service && wanted.service->text != span.service) return false;
  if (wanted.kind && *wanted.kind != span.kind) return false;
  const Json name = span.name;
  if (wanted.name && !compare(*wanted.name, &name, Origin::json).empty()) return false;
  return std::ranges::all_of(wanted.attributes, [&](const auto& attribute) {
    const auto found = span.attributes.find(attribute.name);
    const auto* value = found == span.attributes.end() ? nullptr : &found->second;
    return compare(attribute.value, value, Origin::text).empty();
  });
}

std::string words_for(const stack::SpanExpectation& wanted) {
  std::string out = "a span";
  if (wanted.service) out += " of " + wanted.service->text;
  if (wanted.kind) out += " of kind " + *wanted.kind;
  if (wanted.name) out += " named " + describe(*wanted.name);
  for (const auto& attribute : wanted.attributes) {
    out += fmt::format(" with {} = {}", attribute.name, describe(attribute.value));
  }
  return out;
}

bool has_span(const std::vector<Span>& spans, const std::string& service) {
  return std::ranges::find(spans, service, &Span::service) != spans.end();
}

}  // namespace

Result<std::vector<Span>> parse_spans(const std::string& body) {
  const auto document = parse_ordered_json(body);
  if (!document)
    return failure(fmt::format("the answer is not JSON ({}): {}", document.error().message, shortened(body, 120)));
  if (!document->is_object() || !document->contains("data")) {
    return failure("the answer is not a trace of Jaeger: " + shortened(body, 120));
  }
  std::vector<Span> spans;
  for (const auto& trace : items_of(*document, "data")) {
    if (!trace.is_object()) continue;
    const auto found = trace.find("processes");
    const Json processes = found != trace.end() && found->is_object() ? *found : Json::object();
    for (const auto& item : items_of(trace, "spans")) {
      if (item.is_object()) spans.push_back(parse_span(item, processes));
    }
  }
  return spans;
}

std::vector<std::string> parse_services(const std::string& body) {
  std::vector<std::string> services;
  const auto document = parse_ordered_json(body);
  if (!document) return services;
  for (const auto& service : items_of(*document, "data")) {
    if (service.is_string()) services.push_back(service.get<std::string>());
  }
  return services;
}

TraceGaps find_gaps(const stack::Trace& trace, const std::vector<Span>& spans) {
  TraceGaps gaps;
  const auto found = describe(spans);
  for (const auto& service : trace.services) {
    if (has_span(spans, service.text)) continue;
    gaps.services.push_back(service.text);
    gaps.findings.push_back({"a span of " + service.text + " in the trace", found, place(service.at)});
  }
  for (const auto& wanted : trace.spans) {
    if (std::ranges::any_of(spans, [&](const Span& span) { return matches(wanted, span); })) continue;
    gaps.findings.push_back({words_for(wanted), found, place(wanted.at)});
    if (!wanted.service || has_span(spans, wanted.service->text)) continue;
    if (std::ranges::find(gaps.services, wanted.service->text) == gaps.services.end()) {
      gaps.services.push_back(wanted.service->text);
    }
  }
  return gaps;
}

std::string describe(const std::vector<Span>& spans) {
  if (spans.empty()) return "no span";
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& span : spans) {
    if (!names.contains(span.service)) order.push_back(span.service);
    names[span.service].push_back(span.name);
  }
  std::vector<std::string> parts;
  for (const auto& service : order) parts.push_back(service + ": " + join(names[service], ", "));
  return shortened(join(parts, "; "), 300);
}

}  // namespace saasctl::verify
