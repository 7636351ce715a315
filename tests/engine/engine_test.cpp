#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/events.hpp"
#include "engine/exec.hpp"
#include "engine/logs.hpp"
#include "engine/networks.hpp"
#include "engine/system.hpp"
#include "engine/volumes.hpp"
#include "real_engine.hpp"

namespace saasctl::engine_test {

using namespace saasctl::engine;
using namespace std::chrono_literals;
using nlohmann::json;
using test::ContainerName;

namespace {

// One image for all tests of this file, made when first asked for and removed at the end.
class FixtureImage {
 public:
  static const std::string& name() {
    static const FixtureImage image;
    return image.name_.text();
  }

 private:
  FixtureImage() : client_(test::real_engine()), name_(client_, "fixture") {
    const test::Context context("FROM scratch\nCOPY fixture /fixture\nENTRYPOINT [\"/fixture\"]\n");
    const auto built = build::build_image(client_, {.tags = {name_.text()}, .context = context.path()}, {}, {});
    if (!built) throw std::runtime_error(built.error().message);
  }

  Client client_;
  test::ImageName name_;
};

json running(std::vector<std::string> command) {
  return {{"Image", FixtureImage::name()}, {"Cmd", std::move(command)}, {"StopSignal", "SIGKILL"}};
}

void create_and_start(const Client& client, const ContainerName& container, const json& body) {
  const auto created = create_container(client, container.text(), body, {});
  if (!created) FAIL(created.error().message);
  const auto started = start_container(client, container.text(), {});
  if (!started) FAIL(started.error().message);
}

}  // namespace

TEST_CASE("the engine tells its version") {
  const auto client = test::real_engine();
  const auto version = engine_version(client, {});
  REQUIRE(version);
  CHECK(ApiVersion::parse(version->api_version) >= client.api_version());
  const auto info = engine_info(client, {});
  REQUIRE(info);
  CHECK(info->cpus > 0);
  CHECK(info->memory > 0);
}

TEST_CASE("a container lives its life") {
  const auto client = test::real_engine();
  const ContainerName container(client, "life");
  auto body = running({"sleep", "60"});
  body["Labels"] = {{"saasctl-test", container.text()}};
  body["ExposedPorts"] = {{"80/tcp", json::object()}};
  create_and_start(client, container, body);

  const auto again = create_container(client, container.text(), body, {});
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::conflict);
  CHECK(start_container(client, container.text(), {}));

  const auto listed = list_containers(client, {"saasctl-test=" + container.text()}, {});
  REQUIRE(listed);
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().name == container.text());
  CHECK(listed->front().state == "running");

  const auto inspected = inspect_container(client, container.text(), {});
  REQUIRE(inspected);
  CHECK(inspected->state.running);
  CHECK(inspected->state.started_at);
  CHECK_FALSE(inspected->state.finished_at);
  CHECK_FALSE(inspected->state.health);
  CHECK(inspected->ports == std::vector<PortBinding>{{.container_port = "80/tcp", .host_ip = {}}});

  CHECK(stop_container(client, container.text(), 1s, {}));
  const auto ended = wait_container(client, container.text(), WaitCondition::not_running, 10s, {});
  REQUIRE(ended);
  CHECK(ended->exit_code == 137);
  CHECK(rename_container(client, container.text(), container.text() + "-b", {}));
  CHECK(inspect_container(client, container.text(), {}).error().kind == ErrorKind::not_found);
  CHECK(remove_container(client, container.text() + "-b", {}, {}));
}

TEST_CASE("waiting has an end") {
  const auto client = test::real_engine();
  const ContainerName container(client, "wait");
  create_and_start(client, container, running({"sleep", "60"}));
  const auto late = wait_container(client, container.text(), WaitCondition::not_running, 100ms, {});
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timeout);
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    source.request_stop();
  });
  const auto stopped = wait_container(client, container.text(), WaitCondition::not_running, 60s, source.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
}

TEST_CASE("output and errors are read as lines with their times") {
  const auto client = test::real_engine();
  for (const bool tty : {false, true}) {
    const ContainerName container(client, tty ? "logs-tty" : "logs");
    auto body = running({"fail", "3"});
    body["Tty"] = tty;
    create_and_start(client, container, body);
    CHECK(wait_container(client, container.text(), WaitCondition::not_running, 20s, {})->exit_code == 3);
    std::vector<std::string> out;
    std::vector<std::string> err;
    const auto read = read_logs(client, container.text(), {.follow = true},
                                [&](const LogLine& line) {
                                  CHECK(line.time);
                                  (line.stream == Stream::standard_output ? out : err).emplace_back(line.text);
                                  return true;
                                },
                                {});
    CHECK(read);
    if (tty) {
      CHECK(out == std::vector<std::string>{"about to fail", "the reason why"});
    } else {
      CHECK(out == std::vector<std::string>{"about to fail"});
      CHECK(err == std::vector<std::string>{"the reason why"});
    }
    int last = 0;
    CHECK(read_logs(client, container.text(), {.tail = 1}, [&](const LogLine&) { return ++last > 0; }, {}));
    CHECK(last == 1);
  }
}

TEST_CASE("a command inside a container gives output, errors and exit code") {
  const auto client = test::real_engine();
  const ContainerName container(client, "exec");
  create_and_start(client, container, running({"sleep", "60"}));
  const auto failed = exec_run(client, container.text(), {"/fixture", "fail", "9"}, {}, {});
  REQUIRE(failed);
  CHECK(failed->exit_code == 9);
  CHECK(failed->standard_output == "about to fail\n");
  CHECK(failed->standard_error == "the reason why\n");
  CHECK(exec_run(client, container.text(), {"/fixture", "user"}, {.user = "1234"}, {})->standard_output == "1234\n");
  const auto terminal = exec_run(client, container.text(), {"/fixture", "print", "x"}, {.tty = true}, {});
  CHECK(terminal->standard_output == "x\r\n");

  const auto slow = exec_run(client, container.text(), {"/fixture", "sleep", "30"}, {.timeout = 300ms}, {});
  REQUIRE_FALSE(slow);
  CHECK(slow.error().kind == ErrorKind::timeout);
  const auto none = exec_run(client, container.text(), {"/no/such"}, {}, {});
  INFO((none ? std::string() : none.error().message));
  REQUIRE(none);
  CHECK((none->exit_code == 126 || none->exit_code == 127));

  CHECK(kill_container(client, container.text(), "SIGKILL", {}));
  CHECK(wait_container(client, container.text(), WaitCondition::not_running, 10s, {}));
  CHECK(exec_run(client, container.text(), {"/fixture", "user"}, {}, {}).error().kind == ErrorKind::conflict);
}

TEST_CASE("a container becomes healthy, and the log says why") {
  const auto client = test::real_engine();
  const ContainerName container(client, "healthy");
  auto body = running({"sleep", "60"});
  body["Healthcheck"] = {{"Test", {"CMD", "/fixture", "print", "all well"}}, {"Interval", 200'000'000}};
  std::atomic<bool> healthy = false;
  std::stop_source source;
  std::atomic<bool> open = false;
  const auto since = std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now());
  std::jthread listener([&] {
    static_cast<void>(subscribe_events(
        client, {.types = {"container"}, .actions = {"health_status"}}, since,
        [&](const Event& event) {
          healthy = event.action == "health_status: healthy" && event.attributes.at("name") == container.text();
          return !healthy;
        },
        source.get_token(), [&] { open = true; }));
  });
  create_and_start(client, container, body);
  for (int i = 0; i < 1000 && !healthy; ++i) std::this_thread::sleep_for(10ms);
  source.request_stop();
  CHECK(open);
  CHECK(healthy);
  const auto inspected = inspect_container(client, container.text(), {});
  REQUIRE(inspected->state.health);
  CHECK(inspected->state.health->status == "healthy");
  REQUIRE_FALSE(inspected->state.health->log.empty());
  CHECK(inspected->state.health->log.back().output == "all well\n");
}

TEST_CASE("a subscription to events ends as soon as it is asked to") {
  const auto client = test::real_engine();
  std::stop_source source;
  const auto now = std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now());
  const auto start = std::chrono::steady_clock::now();
  const auto result = subscribe_events(
      client, {.labels = {"saasctl-test=nobody"}}, now, [](const Event&) { return true; }, source.get_token(),
      [&] { source.request_stop(); });
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::interrupted);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("networks and volumes are made, found and removed") {
  const auto client = test::real_engine();
  const auto name = test::unique_name("thing");
  const json labels{{"saasctl-test", name}};
  const auto id = create_network(client, {{"Name", name}, {"Labels", labels}}, {});
  REQUIRE(id);
  CHECK(create_network(client, {{"Name", name}}, {}).error().kind == ErrorKind::conflict);
  const auto volume = create_volume(client, {{"Name", name}, {"Labels", labels}}, {});
  REQUIRE(volume);
  CHECK(create_volume(client, {{"Name", name}}, {})->labels == volume->labels);
  {
    const ContainerName container(client, "attached");
    auto body = running({"sleep", "60"});
    body["HostConfig"] = {{"NetworkMode", name}, {"Binds", {name + ":/data"}}};
    body["NetworkingConfig"] = {{"EndpointsConfig", {{name, {{"Aliases", {"other-name"}}}}}}};
    create_and_start(client, container, body);
    const auto inspected = inspect_container(client, container.text(), {});
    REQUIRE(inspected->networks.contains(name));
    CHECK(inspected->networks.at(name).network_id == *id);
    const auto& aliases = inspected->networks.at(name).aliases;
    CHECK(std::ranges::find(aliases, "other-name") != aliases.end());
    REQUIRE(inspected->mounts.size() == 1);
    CHECK(inspected->mounts[0].name == name);
    CHECK(inspect_network(client, name, {})->containers.at(inspected->id) == container.text());
    CHECK(remove_network(client, name, {}).error().kind == ErrorKind::conflict);
    CHECK(remove_volume(client, name, false, {}).error().kind == ErrorKind::conflict);
  }
  CHECK(list_networks(client, {"saasctl-test=" + name}, {})->size() == 1);
  CHECK(list_volumes(client, {"saasctl-test=" + name}, {})->size() == 1);
  CHECK(remove_network(client, name, {}));
  CHECK(remove_volume(client, name, false, {}));
  CHECK(inspect_network(client, name, {}).error().kind == ErrorKind::not_found);
  CHECK(inspect_volume(client, name, {}).error().kind == ErrorKind::not_found);
}

TEST_CASE("a port that is taken is a conflict") {
  const auto client = test::real_engine();
  const ContainerName first(client, "port-a");
  const ContainerName second(client, "port-b");
  auto body = running({"sleep", "60"});
  body["ExposedPorts"] = {{"80/tcp", json::object()}};
  body["HostConfig"] = {{"PortBindings", {{"80/tcp", {{{"HostIp", "127.0.0.1"}, {"HostPort", "0"}}}}}}};
  create_and_start(client, first, body);
  const auto ports = inspect_container(client, first.text(), {})->ports;
  REQUIRE(ports.size() == 1);
  REQUIRE(ports[0].host_port > 0);
  body["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] = std::to_string(ports[0].host_port);
  REQUIRE(create_container(client, second.text(), body, {}));
  const auto started = start_container(client, second.text(), {});
  REQUIRE_FALSE(started);
  CHECK(started.error().kind == ErrorKind::conflict);
  CHECK(started.error().message.find(std::to_string(ports[0].host_port)) != std::string::npos);
}

TEST_CASE("images are tagged, listed and removed, and one that no registry has is an error") {
  const auto client = test::real_engine();
  const test::ImageName tag(client, "tagged");
  REQUIRE(tag_image(client, FixtureImage::name(), tag.text(), {}));
  CHECK(inspect_image(client, tag.text(), {})->id == inspect_image(client, FixtureImage::name(), {})->id);
  CHECK(remove_image(client, tag.text(), false, {}));
  CHECK(inspect_image(client, tag.text(), {}).error().kind == ErrorKind::not_found);
  // Nothing listens on the discard port of this host.
  const auto pulled = pull_image(client, "127.0.0.1:9/none:1", {}, {});
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().message.starts_with("cannot pull 127.0.0.1:9/none:1: "));
}

}  // namespace saasctl::engine_test
