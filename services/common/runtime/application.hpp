// From a request to its response: route, server span, metrics, log line. Belongs to the event loop's thread.
#pragma once

#include <string_view>

#include "common/core/metrics.hpp"
#include "common/runtime/service.hpp"

namespace saasctl::services {

class Application {
 public:
  // All of these outlive the application.
  Application(const Routes& routes, Tracer& tracer, Metrics& metrics, const Logger& log)
      : routes_(routes), tracer_(tracer), metrics_(metrics), log_(log) {}

  // Never fails: what a handler throws is logged and becomes a 500.
  [[nodiscard]] Task<Response> answer(Request request);

  // Counts and logs a request that never became one.
  void count_refusal(int status);

 private:
  Task<Response> dispatch(const Request& request, Routes::Lookup found, Span& span);
  Span begin_span(const Request& request, const Routes::Lookup& found);

  const Routes& routes_;
  Tracer& tracer_;
  Metrics& metrics_;
  const Logger& log_;
};

}  // namespace saasctl::services
