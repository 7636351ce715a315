#include "common/core/service_settings.hpp"

namespace saasctl::services {

namespace {

DatabaseSettings read_database(Settings& settings) {
  return {.host = settings.required("DATABASE_HOST"),
          .port = settings.port("DATABASE_PORT", 5432),
          .name = settings.text("DATABASE_NAME", "saas"),
          .user = settings.text("DATABASE_USER", "saas"),
          .password = settings.required_secret("DATABASE_PASSWORD_FILE"),
          .sslmode = settings.text("DATABASE_SSLMODE", "prefer")};
}

RedisSettings read_redis(Settings& settings) {
  return {.host = settings.required("REDIS_HOST"),
          .port = settings.port("REDIS_PORT", 6379),
          .password = settings.secret("REDIS_PASSWORD_FILE")};
}

}  // namespace

TracingSettings read_tracing_settings(Settings& settings, std::string_view service_name) {
  TracingSettings tracing{.service_name = settings.text("OTEL_SERVICE_NAME", service_name), .otlp = {}, .agent = {}};
  if (const auto endpoint = settings.url("OTEL_EXPORTER_OTLP_ENDPOINT")) {
    tracing.otlp = endpoint->with_path("/v1/traces");
  }
  const std::uint16_t agent_port = settings.port("JAEGER_AGENT_PORT", 6831);
  const std::string agent_host = settings.text("JAEGER_AGENT_HOST", "");
  if (!agent_host.empty()) tracing.agent = AgentSettings{agent_host, agent_port};
  return tracing;
}

ServiceSettings read_service_settings(Settings& settings, std::string_view service_name, std::uint16_t default_port) {
  ServiceSettings service{.port = settings.port("PORT", default_port),
                          .log_level = LogLevel::info,
                          .database = read_database(settings),
                          .redis = read_redis(settings),
                          .tracing = read_tracing_settings(settings, service_name)};
  const std::string level = settings.text("LOG_LEVEL", "info");
  if (const auto parsed = parse_log_level(level)) {
    service.log_level = *parsed;
  } else {
    settings.problem("LOG_LEVEL", "is '" + level + "', expected debug, info, warn or error");
  }
  return service;
}

}  // namespace saasctl::services
