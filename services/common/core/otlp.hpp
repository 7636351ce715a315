// Spans as an OTLP request body: opentelemetry/proto/collector/trace/v1/trace_service.proto,
// ExportTraceServiceRequest, in protobuf's binary encoding (content type application/x-protobuf).
#pragma once

#include <span>
#include <string>

#include "common/core/span_record.hpp"

namespace saasctl::services {

// Pure; one ResourceSpans with one ScopeSpans, spans in the order given.
[[nodiscard]] std::string encode_otlp(const Resource& resource, std::span<const SpanRecord> spans);

}  // namespace saasctl::services
