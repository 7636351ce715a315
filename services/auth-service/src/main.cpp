#include "auth_module.hpp"
#include "common/runtime/service.hpp"
#include "db.hpp"

int main(int argc, char** argv) {
  const saasctl::services::ServiceDefinition definition{.name = "auth-service",
                                                        .version = SERVICE_VERSION,
                                                        .default_port = 3001,
                                                        .schema = saasctl::auth::db::kSchema,
                                                        .make_module = saasctl::auth::make_auth_module,
                                                        .secure_call = {}};
  return saasctl::services::run_service(definition, argc, argv);
}
