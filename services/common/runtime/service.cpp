#include "common/runtime/service.hpp"

#include <sysexits.h>

#include <sodium.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/core/json_body.hpp"
#include "common/core/metrics.hpp"
#include "common/core/service_settings.hpp"
#include "common/runtime/application.hpp"
#include "common/runtime/emit_span.hpp"
#include "common/runtime/healthcheck.hpp"
#include "common/runtime/http_server.hpp"
#include "common/runtime/span_export.hpp"

namespace saasctl::services {

namespace {

constexpr std::size_t kSpanQueue = 4096;
constexpr std::chrono::seconds kDrainPatience{10};
constexpr std::chrono::milliseconds kFlushPatience{1500};

// Abandoned coroutines hold leases, spans and references; they have to be destroyed while what they refer to still
// lives, that is before the loop's own destructor.
class EventLoop : public asio::io_context {
 public:
  EventLoop() : asio::io_context(1) {}
  void abandon_coroutines() { shutdown(); }
};

Resource make_resource(const std::string& service_name, std::string_view version) {
  return {service_name, {{"service.version", std::string(version)}, {"telemetry.sdk.language", std::string("cpp")}}};
}

// Everything a running service is made of, in the order of need.
class Service {
 public:
  Service(const ServiceDefinition& definition, Settings& settings)
      : definition_(definition),
        settings_(read_service_settings(settings, definition.name, definition.default_port)),
        log_(definition.name, settings_.log_level),
        tracer_(kSpanQueue),
        http_(definition.secure_call),
        database_(settings_.database, std::string(definition.name)),
        redis_(settings_.redis),
        module_(definition.make_module(settings, Tools{log_, database_, redis_, http_})),
        application_(routes_, tracer_, metrics_, log_),
        server_(
            loop_, ServerLimits{}, [this](Request request) { return application_.answer(std::move(request)); },
            [this](int status) { application_.count_refusal(status); }),
        signals_(loop_, SIGTERM, SIGINT) {
    make_exporter();
    add_metrics();
    add_routes();
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() { loop_.abandon_coroutines(); }

  int run();

 private:
  void make_exporter();
  void add_metrics();
  void add_routes();
  Task<Response> ready();
  Task<void> prepare_database();
  Task<void> announce();
  Task<void> drain_on_signal();

  const ServiceDefinition& definition_;
  ServiceSettings settings_;
  Logger log_;
  EventLoop loop_;
  Metrics metrics_;
  Tracer tracer_;
  HttpClient http_;
  std::optional<UdpAgent> agent_;
  std::unique_ptr<SpanExporter> exporter_;  // null: nowhere to send spans
  std::optional<ExportLoop> export_loop_;
  postgres::Database database_;
  redis::Client redis_;
  std::unique_ptr<Module> module_;
  Routes routes_;
  Application application_;
  HttpServer server_;
  asio::signal_set signals_;
  bool database_prepared_ = false;
};

void Service::make_exporter() {
  const TracingSettings& tracing = settings_.tracing;
  const Resource resource = make_resource(tracing.service_name, definition_.version);
  if (tracing.agent) agent_.emplace(*tracing.agent, resource);
  if (tracing.otlp) {
    exporter_ = std::make_unique<OtlpExporter>(*tracing.otlp, resource, http_);
  } else if (agent_) {
    exporter_ = std::make_unique<AgentExporter>(*agent_);
  }
  if (exporter_) export_loop_.emplace(tracer_, *exporter_, log_);
}

void Service::add_metrics() {
  add_process_metrics(metrics_);
  database_.add_metrics(metrics_);
  redis_.add_metrics(metrics_);
  if (export_loop_) export_loop_->add_metrics(metrics_);
  metrics_.add("http_requests_in_flight", "Connections busy with a request.", Metrics::Type::gauge,
               {{"", [this] { return static_cast<double>(server_.in_flight()); }}});
}

void Service::add_routes() {
  routes_.add("GET", "/health/live", [](Exchange) -> Task<Response> {
    co_return json_response(200, {{"status", "ok"}});
  });
  routes_.add("GET", "/health/ready", [this](Exchange) { return ready(); });
  routes_.add("GET", "/metrics", [this](Exchange) -> Task<Response> {
    co_return Response{
        .status = 200, .headers = {}, .content_type = std::string(kMetricsContentType), .body = metrics_.render()};
  });
  module_->add_routes(routes_);
}

Task<Response> Service::ready() {
  const auto postgres = co_await database_.ping();
  const auto redis = co_await redis_.ping();
  const std::string postgres_state = !postgres            ? "down: " + postgres.error().message
                                     : database_prepared_ ? "up"
                                                          : "up, schema not ready yet";
  const bool is_ready = postgres && redis && database_prepared_;
  co_return json_response(is_ready ? 200 : 503, {{"status", is_ready ? "ready" : "not ready"},
                                                 {"postgres", postgres_state},
                                                 {"redis", redis ? "up" : "down: " + redis.error()}});
}

// Tries until it succeeds: the database may start after the service, or be away for a while.
Task<void> Service::prepare_database() {
  asio::steady_timer pause(loop_);
  std::chrono::milliseconds wait{100};
  std::string last_error;
  while (!database_prepared_) {
    const auto done = co_await database_.migrate(definition_.schema);
    database_prepared_ = done.has_value();
    if (database_prepared_) break;
    if (done.error().message != last_error) {
      last_error = done.error().message;
      log_.write(LogLevel::warning, "the database is not ready", {{"error", last_error}});
    }
    pause.expires_after(wait);
    co_await pause.async_wait(kAsTuple);
    wait = std::min(wait * 2, std::chrono::milliseconds(2000));
  }
  log_.write(LogLevel::info, "the database's schema is in place");
}

// One span over UDP at each start, so that the agent's path is seen to work even where requests go by OTLP.
Task<void> Service::announce() {
  constexpr int kAttempts = 60;
  Tracer tracer(1);
  { const Span start = tracer.start("service.start", SpanKind::internal, std::nullopt); }
  const std::vector<SpanRecord> spans = tracer.take(1);
  asio::steady_timer pause(loop_);
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    const auto sent = co_await agent_->send(spans, Deadline(std::chrono::seconds(3)));
    if (sent) co_return;
    if (attempt == 1)
      log_.write(LogLevel::warning, "the span service.start could not be sent", {{"error", sent.error()}});
    pause.expires_after(std::chrono::seconds(2));
    co_await pause.async_wait(kAsTuple);
  }
}

Task<void> Service::drain_on_signal() {
  const auto [error, signal] = co_await signals_.async_wait(kAsTuple);
  if (error) co_return;
  log_.write(LogLevel::info, "draining", {{"signal", static_cast<long long>(signal)}});
  server_.drain();
  asio::steady_timer timer(loop_);
  const Deadline deadline(kDrainPatience);
  while (server_.in_flight() > 0 && !deadline.passed()) {
    timer.expires_after(std::chrono::milliseconds(20));
    co_await timer.async_wait(kAsTuple);
  }
  if (export_loop_) co_await export_loop_->flush(Deadline(kFlushPatience));
  log_.write(LogLevel::info, "stopped", {{"unfinished", static_cast<long long>(server_.in_flight())}});
  loop_.stop();
}

int Service::run() {
  const auto listening = server_.listen(settings_.port);
  if (!listening) {
    std::fprintf(stderr, "%s: %s\n", std::string(definition_.name).c_str(), listening.error().c_str());
    return 1;
  }
  asio::co_spawn(loop_, prepare_database(), asio::detached);
  asio::co_spawn(loop_, drain_on_signal(), asio::detached);
  if (export_loop_) asio::co_spawn(loop_, export_loop_->run(), asio::detached);
  if (agent_) asio::co_spawn(loop_, announce(), asio::detached);
  log_.write(LogLevel::info, "listening",
             {{"port", static_cast<long long>(settings_.port)}, {"version", definition_.version}});
  loop_.run();
  return 0;
}

int complain_about(const Settings& settings, std::string_view service) {
  std::string line = std::string(service) + ": wrong configuration: ";
  for (const std::string& problem : settings.problems()) {
    if (&problem != &settings.problems().front()) line += "; ";
    line += problem;
  }
  std::fprintf(stderr, "%s\n", line.c_str());
  return EX_CONFIG;
}

int send_span(const ServiceDefinition& definition, Settings& settings, std::string_view trace_id,
              std::string_view span_name) {
  const TracingSettings tracing = read_tracing_settings(settings, definition.name);
  if (!settings.problems().empty()) return complain_about(settings, definition.name);
  return emit_span(tracing, make_resource(tracing.service_name, definition.version), trace_id, span_name);
}

}  // namespace

int run_service(const ServiceDefinition& definition, int argc, char** argv) {
  Settings settings(Settings::process_environment());
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "--healthcheck") {
    return healthcheck(settings.port("PORT", definition.default_port), "/health/ready", std::chrono::seconds(2));
  }
  // Without a limit of its own glibc asks an unreachable name server for 20 seconds, longer than any drain may take.
  ::setenv("RES_OPTIONS", "timeout:1 attempts:2", 0);
  if (sodium_init() < 0) return 1;
  if ((arguments.size() == 2 || arguments.size() == 3) && arguments[0] == "--emit-span") {
    return send_span(definition, settings, arguments[1], arguments.size() == 3 ? arguments[2] : "emit-span");
  }
  if (!arguments.empty()) {
    std::fprintf(stderr, "usage: app [--healthcheck | --emit-span TRACE_ID [SPAN_NAME]]\n");
    return EX_USAGE;
  }
  Service service(definition, settings);
  if (!settings.problems().empty()) return complain_about(settings, definition.name);
  return service.run();
}

Response database_failure(const Logger& log, const postgres::Error& error) {
  log.write(LogLevel::error, "a statement failed", {{"error", error.message}, {"sqlstate", error.sqlstate}});
  if (error.kind == postgres::Error::Kind::refused) {
    return error_response(500, "internal", "Something went wrong here; the log says what.");
  }
  return retry_later(503, "database_unavailable", "The database cannot be reached just now.", std::chrono::seconds(1));
}

Response redis_failure(const Logger& log, const std::string& error) {
  log.write(LogLevel::error, "Redis failed", {{"error", error}});
  return retry_later(503, "redis_unavailable", "Redis cannot be reached just now.", std::chrono::seconds(1));
}

}  // namespace saasctl::services
