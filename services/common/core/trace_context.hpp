// Identity of traces and spans, and their way across HTTP: W3C Trace Context, level 1, sections 3.2 (traceparent)
// and 3.3 (tracestate). Pure functions, except the random ones, which read the system's random source.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saasctl::services {

struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const TraceId&) const = default;
};

struct SpanId {
  std::uint64_t value = 0;  // zero means "none"
  auto operator<=>(const SpanId&) const = default;
};

struct SpanContext {
  TraceId trace_id;
  SpanId span_id;
  bool sampled = true;
  std::string tracestate;  // passed on untouched; empty when none came
};

[[nodiscard]] TraceId random_trace_id();
[[nodiscard]] SpanId random_span_id();

[[nodiscard]] std::string to_string(const TraceId& id);  // 32 digits
[[nodiscard]] std::string to_string(const SpanId& id);   // 16 digits

// 32 lower-case digits, not all zero; nullopt otherwise.
[[nodiscard]] std::optional<TraceId> parse_trace_id(std::string_view digits);

// nullopt when the header breaks the grammar or names an all-zero id: then a new trace begins, as section 4.3 asks.
[[nodiscard]] std::optional<SpanContext> parse_traceparent(std::string_view header);

[[nodiscard]] std::string format_traceparent(const SpanContext& context);

}  // namespace saasctl::services
