#include "chat_module.hpp"
#include "common/runtime/service.hpp"
#include "common/runtime/tls_client.hpp"
#include "db.hpp"

int main(int argc, char** argv) {
  const saasctl::services::ServiceDefinition definition{.name = "chat-service",
                                                        .version = SERVICE_VERSION,
                                                        .default_port = 3002,
                                                        .schema = saasctl::chat::db::kSchema,
                                                        .make_module = saasctl::chat::make_chat_module,
                                                        .secure_call = saasctl::services::secure_call};
  return saasctl::services::run_service(definition, argc, argv);
}
