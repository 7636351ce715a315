#include "common/core/span.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

TEST_CASE("A child belongs to its parent's trace and ends before it", "[span]") {
  Tracer tracer(10);
  {
    Span parent = tracer.start("parent", SpanKind::server, std::nullopt);
    Span child = parent.child("child", SpanKind::client);
    child.set("k", std::int64_t{1});
  }
  const auto spans = tracer.take(10);
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].name == "child");
  CHECK(spans[0].parent_id == spans[1].span_id);
  CHECK(spans[0].trace_id == spans[1].trace_id);
  CHECK(spans[0].attributes.at(0).key == "k");
  CHECK(spans[1].parent_id == SpanId{});
  CHECK(spans[1].end >= spans[1].start);
}

TEST_CASE("A remote parent's trace is continued, tracestate and all", "[span]") {
  Tracer tracer(10);
  auto remote = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  REQUIRE(remote);
  remote->tracestate = "a=b";
  { const Span span = tracer.start("s", SpanKind::server, remote); }
  const auto spans = tracer.take(10);
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].trace_id == remote->trace_id);
  CHECK(spans[0].parent_id == remote->span_id);
  CHECK(spans[0].span_id != remote->span_id);
  CHECK(spans[0].tracestate == "a=b");
}

TEST_CASE("An unsampled trace records nothing, children included", "[span]") {
  Tracer tracer(10);
  {
    const Span probe = tracer.start_unsampled("probe");
    const Span child = probe.child("child", SpanKind::client);
    CHECK_FALSE(child.context().sampled);
  }
  CHECK(tracer.waiting() == 0);
}

TEST_CASE("A moved span is recorded once", "[span]") {
  Tracer tracer(10);
  {
    Span first = tracer.start("s", SpanKind::internal, std::nullopt);
    const Span second = std::move(first);
  }
  CHECK(tracer.waiting() == 1);
}

TEST_CASE("A full queue drops what comes and counts it, and taking makes room", "[span]") {
  Tracer tracer(2);
  for (int count = 0; count < 5; ++count) {
    const Span span = tracer.start("s", SpanKind::internal, std::nullopt);
  }
  CHECK(tracer.waiting() == 2);
  CHECK(tracer.dropped() == 3);
  CHECK(tracer.take(1).size() == 1);
  { const Span span = tracer.start("s", SpanKind::internal, std::nullopt); }
  CHECK(tracer.waiting() == 2);
  CHECK(tracer.dropped() == 3);
}
