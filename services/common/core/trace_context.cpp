#include "common/core/trace_context.hpp"

#include <sodium.h>

#include "common/core/encoding.hpp"

namespace saasctl::services {

namespace {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  while (number == 0) randombytes_buf(&number, sizeof number);
  return number;
}

bool are_hex_digits(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

TraceId random_trace_id() {
  return {random_number(), random_number()};
}

SpanId random_span_id() {
  return {random_number()};
}

std::string to_string(const TraceId& id) {
  return to_hex(id.high) + to_hex(id.low);
}

std::string to_string(const SpanId& id) {
  return to_hex(id.value);
}

std::optional<TraceId> parse_trace_id(std::string_view digits) {
  if (digits.size() != 32) return std::nullopt;
  const auto high = from_hex(digits.substr(0, 16));
  const auto low = from_hex(digits.substr(16));
  if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
  return TraceId{*high, *low};
}

std::optional<SpanContext> parse_traceparent(std::string_view header) {
  constexpr std::size_t kVersion00Length = 55;
  if (header.size() < kVersion00Length) return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const std::string_view flags = header.substr(53, 2);
  if (!are_hex_digits(version) || version == "ff" || !are_hex_digits(flags)) return std::nullopt;
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  // A later version may append fields, each behind a dash; version 00 ends here.
  if (header.size() > kVersion00Length && (version == "00" || header[kVersion00Length] != '-')) return std::nullopt;
  const auto trace_id = parse_trace_id(header.substr(3, 32));
  const auto span_id = from_hex(header.substr(36, 16));
  if (!trace_id || !span_id || *span_id == 0) return std::nullopt;
  const char low_flag = flags[1];
  const int low_bits = low_flag >= 'a' ? low_flag - 'a' + 10 : low_flag - '0';
  return SpanContext{*trace_id, SpanId{*span_id}, (low_bits & 1) != 0, {}};
}

std::string format_traceparent(const SpanContext& context) {
  return "00-" + to_string(context.trace_id) + "-" + to_string(context.span_id) + (context.sampled ? "-01" : "-00");
}

}  // namespace saasctl::services
