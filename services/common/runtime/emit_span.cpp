#include "common/runtime/emit_span.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>

#include "common/runtime/udp_agent.hpp"

namespace saasctl::services {

namespace {

int complain(int exit_code, const std::string& message) {
  std::fprintf(stderr, "emit-span: %s\n", message.c_str());
  return exit_code;
}

SpanRecord make_span(TraceId trace_id, std::string_view name) {
  SpanRecord span;
  span.trace_id = trace_id;
  span.span_id = random_span_id();
  span.name = name;
  span.end = std::chrono::system_clock::now();
  span.start = span.end - std::chrono::milliseconds(1);
  return span;
}

}  // namespace

int emit_span(const TracingSettings& tracing, Resource resource, std::string_view trace_id,
              std::string_view span_name) {
  const auto id = parse_trace_id(trace_id);
  if (!id) return complain(2, "'" + std::string(trace_id) + "' is not a trace id, expected 32 lower-case hex digits");
  if (!tracing.agent) return complain(1, "JAEGER_AGENT_HOST is not set");
  UdpAgent agent(*tracing.agent, std::move(resource));
  std::expected<void, std::string> sent;
  asio::io_context loop(1);
  std::vector<SpanRecord> spans{make_span(*id, span_name)};
  asio::co_spawn(loop, agent.send(std::move(spans), Deadline(std::chrono::seconds(5))),
                 [&](const std::exception_ptr& failure, std::expected<void, std::string> result) {
                   if (failure) std::rethrow_exception(failure);
                   sent = std::move(result);
                 });
  loop.run();
  return sent ? 0 : complain(1, sent.error());
}

}  // namespace saasctl::services
