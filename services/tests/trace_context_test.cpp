#include "common/core/trace_context.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

namespace {

constexpr std::string_view kExample = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

}  // namespace

TEST_CASE("The specification's own example is read and written back", "[trace-context]") {
  const auto context = parse_traceparent(kExample);
  REQUIRE(context);
  CHECK(to_string(context->trace_id) == "0af7651916cd43dd8448eb211c80319c");
  CHECK(to_string(context->span_id) == "b7ad6b7169203331");
  CHECK(context->sampled);
  CHECK(format_traceparent(*context) == kExample);
}

TEST_CASE("Only the lowest flag means sampled", "[trace-context]") {
  CHECK(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff")->sampled);
  CHECK_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe")->sampled);
}

TEST_CASE("A later version may have more fields, this one may not", "[trace-context]") {
  CHECK(parse_traceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings"));
  CHECK_FALSE(parse_traceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what"));
  CHECK_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
}

TEST_CASE("What breaks the grammar begins a new trace", "[trace-context]") {
  const std::string_view wrong =
      GENERATE(as<std::string_view>{}, "", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
               "00-00000000000000000000000000000000-b7ad6b7169203331-01",
               "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
               "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
               "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
               "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
               "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x");
  CAPTURE(wrong);
  CHECK_FALSE(parse_traceparent(wrong));
}

TEST_CASE("Random ids are valid and differ", "[trace-context]") {
  CHECK(parse_trace_id(to_string(random_trace_id())));
  CHECK(random_trace_id() != random_trace_id());
  CHECK(random_span_id() != random_span_id());
}
