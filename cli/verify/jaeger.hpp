// Traces as Jaeger stores them. Pure.
// Source: Jaeger, "APIs", internal JSON of the UI (GET /api/traces/{id}); OpenTelemetry, "OpenTelemetry to Jaeger
// Transformation" (span.kind).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "stack/verify.hpp"
#include "util/result.hpp"
#include "verify/report.hpp"

namespace saasctl::verify {

struct Span {
  std::string service;
  std::string name;
  std::string kind;  // internal when the span says none
  std::map<std::string, declare::Json> attributes;
};

// The spans of an answer's body. An unknown trace, as far as Jaeger answers 200 for it, has none. Error failed: the
// body is not what Jaeger answers.
Result<std::vector<Span>> parse_spans(const std::string& body);

// The services of an answer of GET /api/services; nothing when it is not understood.
std::vector<std::string> parse_services(const std::string& body);

// What a trace still lacks: services without a span, spans that nothing matches.
struct TraceGaps {
  std::vector<std::string> services;  // without any span, those of missing spans included
  std::vector<Finding> findings;

  bool none() const { return findings.empty(); }
};

TraceGaps find_gaps(const stack::Trace& trace, const std::vector<Span>& spans);

// "auth-service: POST /v1/register, INSERT users; chat-service: …", or "no span".
std::string describe(const std::vector<Span>& spans);

}  // namespace saasctl::verify
