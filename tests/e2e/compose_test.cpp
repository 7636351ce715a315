// What we make and what we render, in the eyes of the real docker compose.
#include <nlohmann/json.hpp>

#include "compose_image.hpp"
#include "engine/logs.hpp"
#include "saas.hpp"
#include "util/text.hpp"

using namespace saasctl;
using namespace saasctl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// Debian's docker compose in a container that sees the engine's socket and the stack's folder, at the same paths.
class Compose {
 public:
  explicit Compose(Saas& saas) : saas_(saas) { build_compose_image(saas.client()); }

  Outcome run(const std::vector<std::string>& arguments) const {
    const auto& client = saas_.client();
    const ContainerName name(client, "compose");
    const auto socket = client.endpoint().unix_socket.string();
    const auto folder = saas_.folder().string();
    REQUIRE_FALSE(socket.empty());
    json words{"-p", saas_.project(), "--progress", "plain"};
    for (const auto& argument : arguments) words.push_back(argument);
    json environment = json::array();
    for (const auto& [variable, value] : saas_.variables()) environment.push_back(variable + "=" + value);
    const json body{{"Image", compose_image},
                    {"Cmd", words},
                    {"Env", environment},
                    {"WorkingDir", folder},
                    {"HostConfig", {{"Binds", {socket + ":/var/run/docker.sock", folder + ":" + folder + ":ro"}}}}};
    REQUIRE(engine::create_container(client, name.text(), body, {}));
    REQUIRE(engine::start_container(client, name.text(), {}));
    const auto ended = engine::wait_container(client, name.text(), engine::WaitCondition::not_running, 5min, {});
    REQUIRE(ended);
    Outcome outcome{ended->exit_code, "", ""};
    const auto read = engine::read_logs(
        client, name.text(), {},
        [&](const engine::LogLine& line) {
          (line.stream == engine::Stream::standard_output ? outcome.out : outcome.err) += std::string(line.text) + "\n";
          return true;
        },
        {});
    REQUIRE(read);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.exit_code == 0);
    return outcome;
  }

 private:
  Saas& saas_;
};

json sorted(json list) {
  if (list.is_array()) std::sort(list.begin(), list.end());
  return list;
}

// The services' names in what `docker compose ps --format json` prints: one object a line, or one list of older
// versions.
std::set<std::string> services_of(const std::string& text) {
  std::set<std::string> names;
  for (std::size_t from = 0; from < text.size(); from = text.find('\n', from) + 1) {
    const auto line = json::parse(text.substr(from, text.find('\n', from) - from));
    for (const auto& row : line.is_array() ? line : json::array({line}))
      names.insert(row.at("Service").get<std::string>());
  }
  return names;
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
  saas.must({"up", "--wait", "ready"});
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
  saas.must({"up", "--wait", "ready"});
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
