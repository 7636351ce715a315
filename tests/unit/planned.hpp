// Plans as text, one action a line with what it waits for, for golden files; and a small shop to plan for.
#pragma once

#include <string>

#include "catch.hpp"
#include "plan/container_body.hpp"
#include "plan/plan.hpp"
#include "project_files.hpp"

namespace saasctl::test {

inline std::string lines(const plan::Plan& plan) {
  std::string out;
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    out += std::to_string(i) + " " + plan::to_line(plan.actions[i]);
    for (const auto after : plan.actions[i].after) {
      CHECK(after < i);
      out += (after == plan.actions[i].after.front() ? " ← " : ",") + std::to_string(after);
    }
    out += "\n";
  }
  return out + (plan.changes ? "" : "nothing changes\n");
}

// Replaces what must be there.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

inline const std::string two_services =
    "name: shop\nservices:\n"
    "  db: {image: \"db:1\", user: \"999\", secrets: [pw], volumes: [\"data:/data\"], networks: [back], deploy: "
    "{resources: {limits: {memory: 128M}}}}\n"
    "  web: {image: \"web:1\", networks: [back], environment: {LEVEL: info, API_KEY: one}, depends_on: {db: "
    "{condition: service_healthy}}}\n"
    "networks: {back: }\nvolumes: {data: }\nsecrets: {pw: {file: pw}}\n";

inline project::Project load_shop(const std::string& text, const std::string& secret = "password") {
  return project::ProjectFiles(project::Files{{"stack.yaml", text}, {"pw", secret}}).project();
}

inline plan::ObservedState images_only() {
  plan::ObservedState observed;
  observed.images = {{"db:1", {"sha256:db", ""}}, {"web:1", {"sha256:web", ""}}};
  return observed;
}

// The engine after `up` of this project.
inline plan::ObservedState running(const project::Project& project) {
  auto observed = images_only();
  auto before = observed;
  before.entropy = "before";
  for (const auto& service : project.services) {
    const auto& image = observed.images.at(service.image);
    observed.containers.push_back({"id-" + service.name, service.container_name, service.name, "running", image.id,
                                   service.hash, service.model.dump()});
    for (const auto& volume : plan::secret_volumes(project, service, image, before)) {
      observed.secret_volumes.push_back(volume.name);
      observed.secret_digests[volume.name] = volume.digest;
      observed.containers.back().volumes.push_back(volume.name);
    }
  }
  observed.networks = {{"shop_back", "n1"}};
  observed.project_networks = {"shop_back"};
  observed.volumes = {"shop_data"};
  return observed;
}

}  // namespace saasctl::test
