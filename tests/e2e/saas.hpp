// The bundled stack under a name, in a folder and on ports of a test's own.
#pragma once

#include "paths.hpp"
#include "stack.hpp"

namespace saasctl::test {

inline const std::set<std::string> all_services{"auth-service", "billing-service", "chat-service", "jaeger",
                                                "postgres",     "prometheus",      "redis"};

class Saas : public Stack {
 public:
  explicit Saas(const engine::Client& client, const std::string& name = "stack") : Stack(client, name) {
    const std::filesystem::path source = SAASCTL_SOURCE_DIR;
    for (const auto* entry : {"stack.yaml", "docker-compose.yml", "docker-compose.microservices.yml", ".dockerignore",
                              ".env.docker.example", "templates", "services", "infra"}) {
      std::filesystem::copy(source / entry, folder() / entry, std::filesystem::copy_options::recursive);
    }
    for (const auto* name_of_port : {"POSTGRES", "REDIS", "JAEGER", "PROMETHEUS", "AUTH", "CHAT", "BILLING"}) {
      variables()[std::string(name_of_port) + "_PUBLISH"] = std::to_string(free_port());
    }
  }

  // Names the images that the test `images` has built as this project's own: nothing has to be built again.
  void take_images() const {
    for (const auto* service : {"auth-service", "chat-service", "billing-service"}) {
      const auto from = std::string(SAASCTL_TEST_IMAGES) + "-" + service + ":latest";
      const auto tagged = engine::tag_image(client(), from, project() + "-" + service + ":latest", {});
      if (!tagged) FAIL(tagged.error().message);
    }
  }

  // The stack is up, with all that it needs.
  void bring_up() const {
    take_images();
    must({"secrets", "init"});
    must({"up"});
  }
};

}  // namespace saasctl::test
