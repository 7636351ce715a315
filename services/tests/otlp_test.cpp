#include "common/core/otlp.hpp"

#include "tests/bytes.hpp"
#include "tests/catch.hpp"

using namespace saasctl::services;

namespace {

// ResourceSpans of service "a" and scope "saasctl.services", around one span's bytes; every length fits one byte.
std::string request_around(const std::string& span) {
  const auto message = [](char tag, const std::string& body) {
    return std::string{tag, static_cast<char>(body.size())} + body;
  };
  const std::string service = message(0x0a, message(0x0a, "service.name") + message(0x12, message(0x0a, "a")));
  const std::string scope = message(0x0a, message(0x0a, "saasctl.services"));
  return message(0x0a, message(0x0a, service) + message(0x12, scope + message(0x12, span)));
}

}  // namespace

TEST_CASE("A span is an ExportTraceServiceRequest in protobuf's encoding", "[otlp]") {
  SpanRecord span;
  span.trace_id = {1, 2};
  span.span_id = {3};
  span.parent_id = {4};
  span.name = "x";
  span.kind = SpanKind::client;
  span.start = SpanTime(std::chrono::nanoseconds(5));
  span.end = SpanTime(std::chrono::nanoseconds(6));
  const std::string expected = from_digits(
      "0a10"
      "00000000000000010000000000000002"  // trace_id
      "1208"
      "0000000000000003"  // span_id
      "2208"
      "0000000000000004"  // parent_span_id
      "2a01"
      "78"    // name
      "3003"  // kind
      "39"
      "0500000000000000"  // start, fixed64
      "41"
      "0600000000000000");  // end, fixed64
  CHECK(encode_otlp({"a", {}}, std::vector{span}) == request_around(expected));
}

TEST_CASE("A failed span carries the status code 2 and its message", "[otlp]") {
  SpanRecord span;
  span.failed = true;
  span.status_message = "no";
  const std::string bytes = encode_otlp({"a", {}}, std::vector{span});
  CHECK(bytes.find(from_digits("7a06"
                               "12026e6f"
                               "1802")) != std::string::npos);
}

TEST_CASE("Attributes keep their types", "[otlp]") {
  SpanRecord span;
  span.attributes = {{"s", std::string("v")}, {"b", true}, {"i", std::int64_t{300}}, {"d", 1.0}};
  const std::string bytes = encode_otlp({"a", {}}, std::vector{span});
  CHECK(bytes.find(from_digits("0a0173"
                               "1203"
                               "0a0176")) != std::string::npos);
  CHECK(bytes.find(from_digits("0a0162"
                               "1202"
                               "1001")) != std::string::npos);
  CHECK(bytes.find(from_digits("0a0169"
                               "1203"
                               "18ac02")) != std::string::npos);
  CHECK(bytes.find(from_digits("0a0164"
                               "1209"
                               "21000000000000f03f")) != std::string::npos);
}

TEST_CASE("An unfailed span has no status", "[otlp]") {
  const std::string bytes = encode_otlp({"a", {}}, std::vector{SpanRecord{}});
  CHECK(bytes.find('\x7a') == std::string::npos);
}
