// A finished span, and the process that made it, as the exporters read them. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/core/trace_context.hpp"

namespace saasctl::services {

using AttributeValue = std::variant<std::string, bool, std::int64_t, double>;

struct Attribute {
  std::string key;
  AttributeValue value;
};

using Attributes = std::vector<Attribute>;

// The numbers are those of opentelemetry/proto/trace/v1/trace.proto, enum SpanKind.
enum class SpanKind { internal = 1, server = 2, client = 3 };

using SpanTime = std::chrono::sys_time<std::chrono::nanoseconds>;

struct SpanRecord {
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_id;  // zero for a root span
  std::string tracestate;
  std::string name;
  SpanKind kind = SpanKind::internal;
  SpanTime start;
  SpanTime end;
  bool failed = false;
  std::string status_message;  // only read when failed
  Attributes attributes;
};

struct Resource {
  std::string service_name;
  Attributes attributes;  // besides service.name
};

}  // namespace saasctl::services
