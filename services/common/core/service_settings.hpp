// The settings every service has. The variables' names are those OpenTelemetry's and Jaeger's specifications give
// them, where there is such a specification.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/log.hpp"
#include "common/core/secret.hpp"
#include "common/core/settings.hpp"
#include "common/core/url.hpp"

namespace saasctl::services {

struct DatabaseSettings {
  std::string host;
  std::uint16_t port = 5432;
  std::string name;
  std::string user;
  Secret password;
  std::string sslmode;  // as libpq's parameter of that name
};

struct RedisSettings {
  std::string host;
  std::uint16_t port = 6379;
  Secret password;  // empty: the server asks for none
};

struct AgentSettings {
  std::string host;
  std::uint16_t port = 6831;
};

struct TracingSettings {
  std::string service_name;
  std::optional<Url> otlp;             // where OTLP/HTTP requests go, path included; absent: all spans go to the agent
  std::optional<AgentSettings> agent;  // Jaeger's UDP agent; absent: nothing is sent to it
};

struct ServiceSettings {
  std::uint16_t port = 0;
  LogLevel log_level = LogLevel::info;
  DatabaseSettings database;
  RedisSettings redis;
  TracingSettings tracing;
};

// Problems are left in `settings`.
[[nodiscard]] ServiceSettings read_service_settings(Settings& settings, std::string_view service_name,
                                                    std::uint16_t default_port);

[[nodiscard]] TracingSettings read_tracing_settings(Settings& settings, std::string_view service_name);

}  // namespace saasctl::services
