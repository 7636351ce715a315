#include "billing_module.hpp"
#include "common/runtime/service.hpp"
#include "db.hpp"

int main(int argc, char** argv) {
  const saasctl::services::ServiceDefinition definition{.name = "billing-service",
                                                        .version = SERVICE_VERSION,
                                                        .default_port = 3003,
                                                        .schema = saasctl::billing::db::kSchema,
                                                        .make_module = saasctl::billing::make_billing_module,
                                                        .secure_call = {}};
  return saasctl::services::run_service(definition, argc, argv);
}
