// What the three services have in common from main() to exit: modes of the program, configuration, event loop,
// health, metrics, tracing, draining. A service adds its settings, its schema and its routes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "common/core/http_message.hpp"
#include "common/core/log.hpp"
#include "common/core/route.hpp"
#include "common/core/settings.hpp"
#include "common/core/span.hpp"
#include "common/runtime/asio.hpp"
#include "common/runtime/database.hpp"
#include "common/runtime/http_client.hpp"
#include "common/runtime/redis.hpp"

namespace saasctl::services {

// One request on its way through a handler.
struct Exchange {
  const Request& request;
  const PathParameters& parameters;
  Span& span;  // the request's server span: parent of all that is done for it
};

using Handler = std::function<Task<Response>(Exchange)>;
using Routes = RouteTable<Handler>;

// What a service's handlers work with; all of it outlives them.
struct Tools {
  const Logger& log;
  postgres::Database& database;
  redis::Client& redis;
  HttpClient& http;
};

// The service's own part; lives as long as the process serves.
class Module {
 public:
  virtual ~Module() = default;
  virtual void add_routes(Routes& routes) = 0;
};

struct ServiceDefinition {
  std::string_view name;  // "auth-service"
  std::string_view version;
  std::uint16_t default_port;
  std::string_view schema;  // a script that may run any number of times
  // Reads the service's own settings; leaves problems in them and then must not do more than construct.
  std::function<std::unique_ptr<Module>(Settings&, const Tools&)> make_module;
  HttpClient::SecureCall secure_call;  // empty: no https
};

// The whole program. Returns its exit code: 0 after a signal and a clean drain, 1 when the port can't be had, 64 on a
// wrong command line (EX_USAGE), 78 when the configuration is wrong (EX_CONFIG).
[[nodiscard]] int run_service(const ServiceDefinition& definition, int argc, char** argv);

// For handlers: what to answer when the database or a peer let the request down; logged.
[[nodiscard]] Response database_failure(const Logger& log, const postgres::Error& error);
[[nodiscard]] Response redis_failure(const Logger& log, const std::string& error);

}  // namespace saasctl::services
