// What we make and what we render, in the eyes of the real docker compose.
#include "compose.hpp"
#include "saas.hpp"
#include "util/text.hpp"

namespace saasctl::compose_test {

using namespace saasctl::test;
using nlohmann::json;

namespace {

json sorted(json list) {
  if (list.is_array()) std::sort(list.begin(), list.end());
  return list;
}

// What a container is, whoever made it: the parts of the model that a Compose file speaks of. Secrets and configs are
// told by their places: how they get there may differ.
json meaning_of(const engine::Container& container) {
  const auto& config = container.config;
  const auto& host = container.host_config;
  json out;
  for (const auto* key : {"Image", "Cmd", "Entrypoint", "User", "WorkingDir", "Healthcheck", "StopSignal", "Tty"}) {
    out[key] = config.contains(key) ? config.at(key) : json();
  }
  out["Env"] = sorted(config.at("Env"));
  for (const auto* key : {"PortBindings", "RestartPolicy", "NanoCpus", "Memory", "PidsLimit", "ReadonlyRootfs",
                          "SecurityOpt", "Privileged", "Tmpfs"}) {
    out[key] = host.contains(key) ? host.at(key) : json();
  }
  out["CapDrop"] = sorted(host.at("CapDrop"));
  for (const auto& [name, attachment] : container.networks) out["Networks"].push_back(name);
  json places = json::array();
  for (const auto& mount : container.mounts) {
    if (!mount.destination.starts_with("/run/secrets"))
      places.push_back(mount.destination + (mount.read_only ? ":ro" : ""));
    if (mount.type == "volume" && mount.destination.find("secrets") == std::string::npos) places.push_back(mount.name);
  }
  out["Mounts"] = sorted(places);
  auto dependencies = split(container.labels.at("com.docker.compose.depends_on"), ',');
  std::ranges::sort(dependencies);
  out["depends_on"] = dependencies;
  return out;
}

std::map<std::string, json> meaning_of(const Saas& saas) {
  std::map<std::string, json> services;
  for (const auto& service : all_services) services[service] = meaning_of(saas.container(service));
  return services;
}

}  // namespace

TEST_CASE("the real docker compose lists what up made, and takes it down", "[bundled]") {
  const auto client = real_engine();
  Saas saas(client);
  const Compose compose(saas);
  saas.take_images();
  saas.must({"secrets", "init"});
  saas.must({"up", "--wait=ready"});
  CHECK(services_of(compose.run({"ps", "--format", "json"}).out) == all_services);
  compose.run({"down", "--timeout", "5"});
  CHECK(saas.containers().empty());
  CHECK(saas.networks().empty());
  CHECK(saas.volumes().contains(saas.project() + "_postgres-data"));
}

TEST_CASE("the rendered file works with the real docker compose and makes the same containers as up", "[bundled]") {
  const auto client = real_engine();
  Saas saas(client);
  const Compose compose(saas);
  saas.take_images();
  saas.must({"secrets", "init", "--mode", "0444"});
  saas.must({"up", "--wait=ready"});
  const auto ours = meaning_of(saas);
  saas.must({"down", "--volumes"});

  const std::vector<std::string> file{"-f", (saas.folder() / "docker-compose.yml").string()};
  const auto with_file = [&](std::vector<std::string> verb) {
    verb.insert(verb.begin(), file.begin(), file.end());
    return compose.run(verb);
  };
  const auto config = json::parse(with_file({"config", "--format", "json"}).out);
  std::set<std::string> services;
  for (const auto& [name, service] : config.at("services").items()) services.insert(name);
  CHECK(services == all_services);
  CHECK(config.at("secrets").size() == 5);

  with_file({"up", "-d", "--wait", "--no-build"});
  CHECK(saas.healthy() == all_services);
  const auto theirs = meaning_of(saas);
  for (const auto& [service, meaning] : ours) {
    INFO(service << ": " << json::diff(meaning, theirs.at(service)).dump(2));
    CHECK(meaning == theirs.at(service));
  }
  with_file({"down", "--volumes", "--timeout", "5"});
  CHECK(saas.containers().empty());
}

}  // namespace saasctl::compose_test
