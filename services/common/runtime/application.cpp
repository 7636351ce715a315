#include "common/runtime/application.hpp"

#include <exception>

namespace saasctl::services {

namespace {

constexpr std::string_view kNoRoute = "unmatched";

std::string_view route_of(const Routes::Lookup& found) {
  const auto* match = std::get_if<Routes::Match>(&found);
  return match == nullptr ? kNoRoute : match->route;
}

// Probes and scrapes come every few seconds for ever; they would bury the traces worth reading.
bool is_probe(std::string_view route) {
  return route.starts_with("/health/") || route == "/metrics";
}

std::optional<SpanContext> remote_context(const Request& request) {
  const auto header = request.header("traceparent");
  if (!header) return std::nullopt;
  auto context = parse_traceparent(*header);
  constexpr std::size_t kLongestTracestate = 512;
  const auto state = request.header("tracestate");
  if (context && state && state->size() <= kLongestTracestate) context->tracestate = *state;
  return context;
}

void describe(Span& span, const Request& request, std::string_view route) {
  span.set("http.request.method", request.method);
  span.set("url.path", request.path);
  span.set("url.scheme", std::string("http"));
  if (route != kNoRoute) span.set("http.route", std::string(route));
  if (const auto host = request.header("Host"))
    span.set("server.address", std::string(host->substr(0, host->find(':'))));
  span.set("client.address", request.peer_address);
}

}  // namespace

// Named "{method} {http.route}" (OpenTelemetry semantic conventions, "HTTP server span").
Span Application::begin_span(const Request& request, const Routes::Lookup& found) {
  const std::string_view route = route_of(found);
  const auto remote = remote_context(request);
  const std::string name = route == kNoRoute ? request.method : request.method + " " + std::string(route);
  if (!remote && is_probe(route)) return tracer_.start_unsampled(name);
  Span span = tracer_.start(name, SpanKind::server, remote);
  describe(span, request, route);
  return span;
}

Task<Response> Application::dispatch(const Request& request, Routes::Lookup found, Span& span) {
  if (auto* wrong = std::get_if<MethodNotAllowed>(&found)) {
    Response response = error_response(405, "method_not_allowed", "Allowed here: " + wrong->allowed + ".");
    response.headers.push_back({"Allow", wrong->allowed});
    co_return response;
  }
  const auto* match = std::get_if<Routes::Match>(&found);
  if (match == nullptr) co_return error_response(404, "not_found", "There is nothing at " + request.path + ".");
  try {
    co_return co_await (*match->handler)(Exchange{request, match->parameters, span});
  } catch (const std::exception& failure) {
    log_.write(LogLevel::error, "a handler failed", {{"error", failure.what()}, {"route", match->route}});
    span.fail(failure.what());
  }
  co_return error_response(500, "internal", "Something went wrong here; the log says what.");
}

Task<Response> Application::answer(Request request) {
  const auto begun = std::chrono::steady_clock::now();
  Routes::Lookup found = routes_.find(request.method, request.path);
  const std::string route(route_of(found));
  Span span = begin_span(request, found);
  Response response = co_await dispatch(request, std::move(found), span);
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - begun;

  span.set("http.response.status_code", std::int64_t{response.status});
  if (response.status >= 500) {
    span.set("error.type", std::to_string(response.status));
    span.fail("");
  }
  metrics_.count_request(request.method, route, response.status, duration);
  const std::string trace_id = to_string(span.context().trace_id);
  log_.write(is_probe(route) ? LogLevel::debug : LogLevel::info, "request",
             {{"method", request.method},
              {"path", request.path},
              {"route", route},
              {"status", static_cast<long long>(response.status)},
              {"seconds", duration.count()},
              {"peer", request.peer_address},
              {"trace_id", trace_id}});
  co_return response;
}

void Application::count_refusal(int status) {
  metrics_.count_request("OTHER", kNoRoute, status, {});
  log_.write(LogLevel::info, "request refused", {{"status", static_cast<long long>(status)}});
}

}  // namespace saasctl::services
