// Lifecycle with a running stack: the verbs after `up`.
#include <nlohmann/json.hpp>

#include "compose.hpp"
#include "engine/logs.hpp"
#include "services.hpp"
#include "stack.hpp"

namespace saasctl::living_test {

using namespace saasctl::test;
using nlohmann::json;

namespace {

// db ← api ← web, and a job that has done its work.
std::string chain(const std::string& image, const std::string& condition = "service_healthy") {
  return "services:\n" + sleeper("db", image, "    healthcheck: {test: [CMD, /fixture, print, well], interval: 1s}\n") +
         sleeper("api", image, "    depends_on: {db: {condition: " + condition + "}}\n") +
         sleeper("web", image, "    depends_on: [api]\n") + service("job", image, "[print, done]");
}

std::map<std::string, std::string> states(const Stack& stack) {
  std::map<std::string, std::string> states;
  for (const auto& container : stack.containers())
    states[container.labels.at(std::string(plan::label::service))] = container.state;
  return states;
}

using States = std::map<std::string, std::string>;

std::set<std::string> services_in(const std::string& text) {
  std::set<std::string> names;
  for (const auto& row : json::parse(text)) names.insert(row.at("Service").get<std::string>());
  return names;
}

// Waits for what is bound to come.
template <typename Condition>
bool eventually(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

}  // namespace

TEST_CASE("stop, start, restart, pause, kill and rm keep the order and touch what they are told") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write(chain(image.text()));
  stack.must({"up", "--wait=ready"});
  const auto ids = stack.ids();

  stack.must({"stop"});
  CHECK(states(stack) == States{{"db", "exited"}, {"api", "exited"}, {"web", "exited"}, {"job", "exited"}});
  CHECK(stack.container("web").state.finished_at <= stack.container("api").state.finished_at);
  CHECK(stack.container("api").state.finished_at <= stack.container("db").state.finished_at);
  CHECK(contains(stack.must({"stop"}).err, "nothing to stop"));

  stack.must({"start", "api"});
  CHECK(states(stack) == States{{"db", "running"}, {"api", "running"}, {"web", "exited"}, {"job", "exited"}});
  CHECK(stack.container("db").state.started_at < stack.container("api").state.started_at);
  stack.must({"start"});
  CHECK(states(stack).at("web") == "running");

  const auto before = stack.container("db").state.started_at;
  const auto web = stack.container("web").state.started_at;
  stack.must({"restart", "db"});
  CHECK(stack.container("db").state.started_at > before);
  CHECK(stack.container("web").state.started_at == web);

  stack.must({"pause", "web"});
  CHECK(states(stack).at("web") == "paused");
  stack.must({"unpause"});
  CHECK(states(stack).at("web") == "running");

  stack.must({"kill", "-s", "SIGKILL", "web"});
  CHECK(stack.container("web").state.exit_code == 137);
  CHECK(states(stack).at("api") == "running");

  CHECK(stack.run({"rm"}).exit_code == 2);
  stack.must({"rm", "-f", "web"});
  stack.must({"rm", "-f", "-s", "api"});
  CHECK(states(stack).size() == 2);
  CHECK(stack.ids().at("db") == ids.at("db"));
  const auto missing = stack.run({"start", "web"});
  CHECK(missing.exit_code == 1);
  CHECK(contains(missing.err, "web has no container"));
  for (const auto* verb : {"stop", "start", "restart", "kill", "pause", "unpause", "rm", "down", "ps", "logs", "top",
                           "stats", "events", "images", "volumes", "wait"}) {
    const auto unknown = stack.run({verb, "wbe"});
    INFO(verb << ": " << unknown.err);
    CHECK(unknown.exit_code == 2);
    CHECK(contains(unknown.err, "did you mean 'web'?"));
  }
}

TEST_CASE("every listing tells of the running stack") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "listings");  // of its own: events of others are not gone with their stacks
  const auto port = std::to_string(free_port());
  stack.write("services:\n" +
              sleeper("web", image.text(), "    ports: ['127.0.0.1:" + port + ":80']\n    volumes: [data:/data]\n") +
              service("job", image.text(), "[fail, '3']") + "volumes: {data: }\n");
  CHECK(stack.run({"up"}).exit_code == 1);  // the job fails

  const auto all = json::parse(stack.must({"ps", "-a", "--format", "json"}).out);
  REQUIRE(all.size() == 2);
  for (const auto& row : all) {
    const bool web = row.at("Service") == "web";
    CHECK(row.at("Name") == stack.project() + (web ? "-web-1" : "-job-1"));
    CHECK(row.at("Project") == stack.project());
    CHECK(row.at("State") == (web ? "running" : "exited"));
    CHECK(row.at("ExitCode") == (web ? 0 : 3));
    if (web) CHECK(row.at("Publishers").at(0).at("PublishedPort") == std::stoi(port));
  }
  CHECK(services_in(stack.must({"ps", "--format", "json"}).out) == std::set<std::string>{"web"});
  CHECK(services_in(stack.must({"ps", "--status", "exited", "--format", "json"}).out) == std::set<std::string>{"job"});
  CHECK(services_in(stack.must({"ps", "--filter", "status=running", "--format", "json"}).out) ==
        std::set<std::string>{"web"});
  CHECK(stack.run({"ps", "--filter", "status=well"}).exit_code == 2);
  CHECK(stack.must({"ps", "-q"}).out == stack.ids().at("web") + "\n");
  CHECK(stack.must({"ps", "-a", "--services"}).out == "web\njob\n");
  CHECK(contains(stack.must({"ps"}).err, "1 stopped container is not shown"));

  CHECK(stack.must({"port", "web", "80"}).out == "127.0.0.1:" + port + "\n");
  const auto unpublished = stack.run({"port", "web", "81"});
  CHECK(unpublished.exit_code == 1);
  CHECK(contains(unpublished.err, "it publishes 80/tcp"));

  const auto images = json::parse(stack.must({"images", "--format", "json", "web"}).out);
  REQUIRE(images.size() == 1);
  CHECK(images[0].at("Repository").get<std::string>() + ":" + images[0].at("Tag").get<std::string>() == image.text());
  CHECK(stack.must({"volumes", "-q"}).out == stack.project() + "_data\n");
  CHECK(stack.must({"volumes", "-q", "job"}).out.empty());

  const auto top = json::parse(stack.must({"top", "--format", "json"}).out);
  REQUIRE(top.size() == 1);
  CHECK(contains(top[0].at("Processes").dump(), "/fixture sleep 3600"));
  const auto stats = json::parse(stack.must({"stats", "--no-stream", "--format", "json"}).out);
  REQUIRE(stats.size() == 1);
  CHECK(stats[0].at("Service") == "web");
  CHECK(stats[0].at("PIDs") == "1");

  const auto projects = stack.must({"ls", "--format", "json"}).out;
  CHECK(contains(projects, "\"Name\": \"" + stack.project() + "\""));
  CHECK(contains(stack.must({"ls", "-a"}).out, "exited(1), running(1)"));
  CHECK(contains(projects, stack.file().string()));

  std::vector<std::string> actions;
  const auto events = stack.must({"events", "--json", "--since", "5m", "--until", "0s", "job"}).out;
  for (std::size_t from = 0; from < events.size(); from = events.find('\n', from) + 1) {
    const auto event = json::parse(events.substr(from, events.find('\n', from) - from));
    CHECK(event.at("service") == "job");
    actions.push_back(event.at("action").get<std::string>());
  }
  CHECK(actions == std::vector<std::string>{"create", "start", "die"});
  CHECK(json::parse(stack.must({"version", "--format", "json"}).out).contains("version"));
}

TEST_CASE("a project is lived with by its name alone where there is no file") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write(chain(image.text()) + "    volumes: [data:/data]\nvolumes: {data: }\n");
  stack.must({"up", "--wait=ready"});
  const auto run = [&](std::vector<std::string> verb) {
    auto outcome = stack.run_without_file(std::move(verb));
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    return outcome;
  };
  CHECK(services_in(run({"ps", "-a", "--format", "json"}).out) == std::set<std::string>{"db", "api", "web", "job"});
  CHECK(contains(run({"logs", "job"}).out, "job | done"));
  CHECK(contains(stack.run_without_file({"stop", "wbe"}).err, "no service 'wbe' in project " + stack.project()));
  run({"restart", "web"});
  run({"stop"});
  CHECK(stack.container("web").state.finished_at <= stack.container("api").state.finished_at);
  CHECK(stack.container("api").state.finished_at <= stack.container("db").state.finished_at);
  run({"start", "web"});
  CHECK(stack.container("db").state.started_at < stack.container("api").state.started_at);
  CHECK(contains(run({"top"}).out, "/fixture sleep 3600"));
  run({"down", "--volumes"});
  CHECK(stack.containers().empty());
  CHECK(stack.networks().empty());
  CHECK(stack.volumes().empty());
  CHECK(contains(run({"down"}).err, "nothing to remove"));
}

TEST_CASE("a project named on the command line is read, and changed only when asked, where another file lies") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("one", image.text()) + sleeper("extra", image.text(), "    profiles: [more]\n"));
  const auto up = run_tool(stack.arguments({"--profile", "more", "up", "--wait=ready"}));
  REQUIRE(up.exit_code == 0);
  const Stack elsewhere(client, "elsewhere");
  elsewhere.write("services: {other: {image: 'saas-test-none:1'}}\n");
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"stop"}, {"restart"}, {"kill"}, {"rm", "-fs"}, {"down"}}) {
    const auto refused = stack.run_in(elsewhere.folder(), verb);
    INFO(verb.front() << ": " << refused.err);
    CHECK(refused.exit_code == 2);
    CHECK(contains(refused.err, stack.folder().string()));
    CHECK(contains(refused.err, elsewhere.folder().string()));
    CHECK(contains(refused.err, "--take-over"));
  }
  CHECK(contains(stack.run_in(elsewhere.folder(), {"ps"}).out, "extra"));
  CHECK(states(stack) == States{{"one", "running"}, {"extra", "running"}});
  const auto stopped = stack.run_in(elsewhere.folder(), {"stop", "--take-over"});
  INFO(stopped.err);
  CHECK(stopped.exit_code == 0);
  CHECK(states(stack) == States{{"one", "exited"}, {"extra", "exited"}});
  // The services of every profile belong to the stack.
  stack.must({"start"});
  stack.must({"down"});
  CHECK(stack.containers().empty());
}

TEST_CASE("logs go on through a restart and a new container without a line lost or repeated") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + service("ticker", image.text(), "[count, '5']") + sleeper("quiet", image.text()));
  stack.must({"up", "--wait=false"});
  const auto output = stack.folder() / "followed";
  auto follower = stack.start({"logs", "-f", "--no-log-prefix", "ticker"}, output);

  std::string written;
  const auto engine_has = [&](const std::string& container) {
    std::string text;
    const auto read = engine::read_logs(client, container, {},
                                        [&](const engine::LogLine& line) {
                                          text += std::string(line.text) + "\n";
                                          return true;
                                        },
                                        {});
    REQUIRE(read);
    return text;
  };
  REQUIRE(eventually([&] { return contains(text_of(output), " line 20\n"); }));
  stack.must({"restart", "ticker"});
  stack.must({"kill", "ticker"});
  stack.must({"start", "ticker"});
  stack.must({"stop", "ticker"});
  written = engine_has(stack.project() + "-ticker-1");
  CHECK(eventually([&] { return text_of(output) == written; }));
  stack.must({"up", "--force-recreate", "--wait=false"});
  stack.must({"stop", "ticker"});
  written += engine_has(stack.project() + "-ticker-1");
  CHECK(eventually([&] { return text_of(output) == written; }));
  CHECK(text_of(output) == written);
  follower.send(SIGINT);
  CHECK(follower.wait() == 130);

  // With nothing running there is nothing to follow.
  const auto ended = stack.must({"logs", "-f", "-n", "1", "ticker"});
  CHECK(ended.out == "ticker | " + written.substr(written.rfind('\n', written.size() - 2) + 1));
  CHECK(stack.must({"logs", "--tail", "0", "ticker"}).out.empty());
  CHECK(stack.must({"logs", "--until", "1h", "ticker"}).out.empty());
  CHECK(stack.run({"logs", "--since", "soon"}).exit_code == 2);
}

TEST_CASE("logs of several services come in the order of time, with the names of scaled containers") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + service("first", image.text(), "[print, one]") +
              service("second", image.text(), "[print, two]",
                      "    depends_on: {first: {condition: "
                      "service_completed_successfully}}\n"));
  stack.must({"up", "--wait=false"});
  stack.must({"wait", "second"});
  stack.must({"start", "first"});
  stack.must({"wait", "first"});
  CHECK(stack.must({"logs"}).out == "first  | one\nsecond | two\nfirst  | one\n");
  const json body{{"Image", image.text()},
                  {"Cmd", {"print", "three"}},
                  {"Labels",
                   {{"com.docker.compose.project", stack.project()},
                    {"com.docker.compose.service", "second"},
                    {"com.docker.compose.oneoff", "False"},
                    {"com.docker.compose.container-number", "2"},
                    {"com.docker.compose.config-hash", "0"}}}};
  REQUIRE(engine::create_container(client, stack.project() + "-second-2", body, {}));
  stack.must({"start", "second"});
  stack.must({"wait", "second"});
  CHECK(contains(stack.must({"logs"}).out, "second-2 | three\n"));
  CHECK(contains(stack.must({"logs"}).out, "second-1 | two\n"));
}

TEST_CASE("wait has the exit code of the first service that ends, and can take the stack down") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("stays", image.text()) + service("job", image.text(), "[fail, '42']"));
  CHECK(stack.run({"up"}).exit_code == 1);
  const auto outcome = stack.run({"wait", "stays", "job", "--down-project"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 42);
  CHECK(outcome.out == stack.project() + "-job-1 exited with code 42\n");
  CHECK(stack.containers().empty());
}

TEST_CASE("down takes services, orphans and images when it is told to, and leaves what is in use") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto own = stack.project() + "-one";
  REQUIRE(engine::tag_image(client, image.text(), own, {}));
  const auto old = sleeper("old", image.text(), "    volumes: [data:/data]\n");
  const auto rest = "  one:\n    build: .\n    command: [sleep, '3600']\n    stop_signal: SIGKILL\n" +
                    sleeper("two", image.text()) + "volumes: {data: }\n";
  write_file(stack.folder() / "Dockerfile", "FROM scratch\n");
  stack.write("services:\n" + old + rest);
  stack.must({"up", "--wait=ready"});
  stack.must({"down", "two"});
  CHECK(states(stack) == States{{"old", "running"}, {"one", "running"}});
  CHECK(stack.networks().size() == 1);

  stack.write("services:\n" + rest);
  const auto left = stack.must({"down", "--volumes", "--rmi", "local"});
  CHECK(contains(left.err, "left: " + stack.project() + "-old-1"));
  CHECK(states(stack) == States{{"old", "running"}});
  CHECK(stack.networks().size() == 1);
  CHECK(stack.volumes().size() == 1);
  CHECK_FALSE(engine::inspect_image(client, own, {}));
  CHECK(engine::inspect_image(client, image.text(), {}));

  stack.must({"down", "--volumes", "--remove-orphans"});
  CHECK(stack.containers().empty());
  CHECK(stack.networks().empty());
  CHECK(stack.volumes().empty());
}

TEST_CASE("the real docker compose stops, starts and takes down what we made, with its secrets") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const Compose compose(stack);
  stack.write(chain(image.text()) + "    secrets: [key]\nsecrets: {key: {file: secrets/key}}\n");
  stack.must({"secrets", "init"});
  stack.must({"up", "--wait=ready"});
  CHECK(stack.volumes().size() == 1);
  CHECK(services_of(compose.run({"ps", "-a", "--format", "json"}).out) ==
        std::set<std::string>{"db", "api", "web", "job"});
  CHECK(contains(compose.run({"logs", "job"}).out, "done"));
  CHECK(contains(compose.run({"exec", "-T", "web", "/fixture", "print", "inside"}).out, "inside"));
  compose.run({"stop"});
  CHECK(states(stack).at("db") == "exited");
  compose.run({"start"});
  CHECK(states(stack).at("web") == "running");
  compose.run({"restart", "web"});
  const auto ids = stack.ids();
  stack.must({"up", "--wait=ready"});
  CHECK(stack.ids() == ids);
  compose.run({"down", "--volumes"});
  CHECK(stack.containers().empty());
  CHECK(stack.networks().empty());
  CHECK(stack.volumes().empty());
}

TEST_CASE("what the real docker compose made is listed, logged, stopped and taken down") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const Compose compose(stack);
  // Podman leaves healthchecks to systemd's timers. Where there are none, in a container, compose waits for ever.
  const auto* condition = client.is_podman() ? "service_started" : "service_healthy";
  stack.write(chain(image.text(), condition) + "    volumes: [data:/data]\nvolumes: {data: }\n");
  compose.run({"-f", stack.file().string(), "up", "-d", "--scale", "web=2"});
  const auto listed = json::parse(stack.must({"ps", "-a", "--format", "json"}).out);
  CHECK(listed.size() == 5);
  CHECK(contains(stack.must({"logs", "job"}).out, "job | done"));
  CHECK(contains(stack.must({"top", "web"}).out, "/fixture sleep 3600"));
  stack.must({"stop", "web"});
  CHECK(states(stack) == States{{"db", "running"}, {"api", "running"}, {"web", "exited"}, {"job", "exited"}});
  CHECK(stack.run_without_file({"start"}).exit_code == 0);
  CHECK(states(stack).at("web") == "running");
  stack.must({"restart", "-t", "1"});
  stack.must({"down", "--volumes"});
  CHECK(stack.containers().empty());
  CHECK(stack.networks().empty());
  CHECK(stack.volumes().empty());
}

}  // namespace saasctl::living_test
