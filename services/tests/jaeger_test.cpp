#include "common/core/jaeger.hpp"

#include "tests/bytes.hpp"
#include "tests/catch.hpp"

using namespace saasctl::services;

namespace {

SpanRecord example_span() {
  SpanRecord span;
  span.trace_id = {1, 2};
  span.span_id = {3};
  span.name = "GET /x";
  span.kind = SpanKind::server;
  span.start = SpanTime(std::chrono::microseconds(1'700'000'000'000'000));
  span.end = span.start + std::chrono::microseconds(1500);
  span.failed = true;
  return span;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("emitBatch has the bytes Apache Thrift's own encoder writes", "[jaeger]") {
  const std::vector<SpanRecord> spans{example_span()};
  CHECK(encode_emit_batch({"auth", {}}, spans) ==
        from_digits("82810009656d697442617463681c1c18046175746800191c16041602160616001806474554202f78250216"
                    "8080f2818389850616b817192c18097370616e2e6b696e64150018067365727665720018056572726f72"
                    "15043100000000"));
}

TEST_CASE("Every type of tag is written in its own field", "[jaeger]") {
  SpanRecord span = example_span();
  span.kind = SpanKind::internal;
  span.failed = false;
  span.attributes = {{"n", std::int64_t{-1}}, {"b", false}, {"d", 1.5}};
  const std::string bytes = encode_emit_batch({"s", {}}, std::vector{span});
  CHECK(bytes.find(from_digits("18016e15064601")) != std::string::npos);  // vLong, zigzag of -1
  CHECK(bytes.find(from_digits("180162150432")) != std::string::npos);    // vBool false
  CHECK(bytes.find(from_digits("1801641502270000"
                               "00000000f83f")) != std::string::npos);  // vDouble, little endian
}

TEST_CASE("Spans are split over datagrams of at most the limit and none is lost", "[jaeger]") {
  std::vector<SpanRecord> spans(100, example_span());
  const auto datagrams = encode_datagrams({"auth", {}}, spans, 1000);
  std::size_t found = 0;
  for (const std::string& datagram : datagrams) {
    CHECK(datagram.size() <= 1000);
    found += count_of(datagram, "GET /x");
  }
  CHECK(found == 100);
  CHECK(datagrams.size() > 1);
}

TEST_CASE("A span no datagram can hold is left out and its neighbours are kept", "[jaeger]") {
  std::vector<SpanRecord> spans(3, example_span());
  spans[1].name = std::string(2000, 'x');
  const auto datagrams = encode_datagrams({"auth", {}}, spans, 1000);
  std::string all;
  for (const std::string& datagram : datagrams) all += datagram;
  CHECK(count_of(all, "GET /x") == 2);
  CHECK(count_of(all, "xxxx") == 0);
}
