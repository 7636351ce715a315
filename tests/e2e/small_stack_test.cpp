// What `up`, `plan` and `down` do, on stacks so small that each takes seconds.
#include <netinet/in.h>
#include <sys/socket.h>

#include "services.hpp"
#include "stack.hpp"

namespace saasctl::small_stack_test {

using namespace saasctl::test;
using Catch::Matchers::StartsWith;

namespace {

// Holds a port of the host.
class TakenPort {
 public:
  TakenPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, generic, length) != 0 || ::listen(socket_, 1) != 0) throw std::runtime_error("listen");
    ::getsockname(socket_, generic, &length);
    port_ = ntohs(address.sin_port);
  }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  ~TakenPort() { free(); }
  std::string number() const { return std::to_string(port_); }
  void free() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

}  // namespace

TEST_CASE("a field that changes recreates its service alone, and plan says why") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& level) {
    return "services:\n" + sleeper("quiet", image.text()) +
           sleeper("loud", image.text(), "    environment: {LEVEL: " + level + "}\n    depends_on: [quiet]\n");
  };
  stack.write(text("info"));
  stack.must({"up"});
  const auto before = stack.ids();
  REQUIRE(before.size() == 2);

  stack.write(text("debug"));
  const auto plan = stack.must({"plan"});
  INFO(plan.out);
  CHECK(contains(plan.out, "environment.LEVEL info → debug"));
  CHECK_FALSE(contains(plan.out, "quiet: create"));
  CHECK(stack.ids() == before);

  stack.must({"up"});
  const auto after = stack.ids();
  CHECK(after.at("quiet") == before.at("quiet"));
  CHECK(after.at("loud") != before.at("loud"));
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
  CHECK(stack.ids() == after);
}

TEST_CASE("down removes containers and networks and keeps volumes until it is told not to") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("one", image.text(), "    volumes: [data:/data]\n") + "volumes:\n  data:\n");
  stack.must({"up"});
  CHECK(stack.volumes() == std::set<std::string>{stack.project() + "_data"});
  CHECK(stack.networks().size() == 1);
  stack.must({"down"});
  CHECK(stack.containers().empty());
  CHECK(stack.networks().empty());
  CHECK(stack.volumes() == std::set<std::string>{stack.project() + "_data"});
  stack.must({"down", "--volumes"});
  CHECK(stack.volumes().empty());
  CHECK(contains(stack.must({"down"}).err, "nothing to remove"));
}

TEST_CASE("without an engine there is one line that says why, and exit code 5") {
  const auto client = real_engine();
  const Stack stack(client);
  stack.write("services: {one: {image: 'saas-test-none:1'}}\n");
  for (const auto& verb : {"up", "build", "down", "ps", "logs"}) {
    const auto outcome = run_tool(stack.arguments({verb}), {{"DOCKER_HOST", "unix:///nonexistent/docker.sock"}});
    INFO(verb << ": " << outcome.err);
    CHECK(outcome.exit_code == 5);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, StartsWith("error: "));
    CHECK(contains(outcome.err, "/nonexistent/docker.sock"));
    CHECK(contains(outcome.err, "the socket does not exist"));
  }
}

TEST_CASE("a bad stack file is reported with all its errors, and nothing is written or started") {
  const auto client = real_engine();
  const Stack stack(client);
  stack.write(
      "services:\n"
      "  one:\n"
      "    image: saas-test-none:1\n"
      "    comand: [x]\n"
      "    ports: ['99999:80']\n"
      "    depends_on: [tow]\n"
      "  two: {image: 'saas-test-none:1', healthcheck: {test: [CMD, x], interval: 5 parsecs}}\n"
      "render:\n"
      "  docker-compose.yml: {compose: all}\n");
  for (const auto& verb : {"render", "build", "plan", "up"}) {
    const auto outcome = stack.run({verb});
    INFO(verb << ": " << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    for (const auto* place : {"stack.yaml:4:5: error: ", "stack.yaml:5:", "stack.yaml:6:", "stack.yaml:7:"})
      CHECK(contains(outcome.err, place));
    CHECK(contains(outcome.err, "command"));
    CHECK(contains(outcome.err, "two"));
    CHECK(contains(outcome.err, "^"));
  }
  CHECK_FALSE(std::filesystem::exists(stack.folder() / "docker-compose.yml"));
  CHECK(stack.containers().empty());
  CHECK(stack.networks().empty());
}

TEST_CASE("bad usage is exit code 2 and says where help is") {
  for (const auto& words :
       {std::vector<std::string>{"uo"}, {"up", "--wiat", "ready"}, {"--progress", "loud", "up"}, {}}) {
    const auto outcome = run_tool(words);
    CHECK(outcome.exit_code == 2);
    CHECK(contains(outcome.err, "--help"));
  }
  CHECK(run_tool({"--help"}).exit_code == 0);
  CHECK(run_tool({"--version"}).exit_code == 0);
}

TEST_CASE("a taken host port ends up with a clear message, and a second up goes on once it is free") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  TakenPort port;
  stack.write(
      "services:\n" + sleeper("first", image.text()) +
      sleeper("web", image.text(), "    ports: ['127.0.0.1:" + port.number() + ":80']\n    depends_on: [first]\n"));
  const auto refused = stack.run({"up"});
  INFO(refused.err);
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "web: a host port is taken"));
  CHECK(contains(refused.err, port.number()));
  const auto first = stack.ids().at("first");

  port.free();
  stack.must({"up"});
  CHECK(stack.container("web").state.running);
  CHECK(stack.ids().at("first") == first);
}

TEST_CASE("a host port that another container holds is reported with that container, for up, scale and run") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack holder(client, "holder"), taker(client, "taker");
  const auto port = std::to_string(free_port());
  const auto text = "services:\n" + sleeper("web", image.text(), "    ports: ['127.0.0.1:" + port + ":80']\n");
  holder.write(text);
  taker.write(text);
  holder.must({"up"});
  const auto taken =
      "the host port " + port + " is taken by the container " + holder.project() + "-web-1 (service web of ";
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"up"},
                                               {"scale", "web=1"},
                                               {"run", "--rm", "-T", "-P", "web", "print", "a"},
                                               {"run", "--rm", "-d", "-p", port + ":80", "web", "print", "a"}}) {
    const auto refused = taker.run(verb);
    INFO(refused.err);
    CHECK(refused.exit_code == 1);
    CHECK(contains(refused.err, "web: " + taken + "the project " + holder.project() + ")"));
    CHECK(contains(refused.err, "saasctl -p " + holder.project() + " stop web"));
  }
  const auto own = holder.run({"run", "--rm", "-T", "-P", "web", "print", "a"});
  INFO(own.err);
  CHECK(contains(own.err, taken + "this project)"));
}

TEST_CASE("a failed up leaves no container beside the one that it was replacing, and says which one runs") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& command, const std::string& level) {
    const auto environment = "    environment: {LEVEL: " + level + "}\n";
    return "services:\n" +
           service("db", image.text(), command,
                   environment + "    healthcheck: {test: [CMD, /fixture, exists, /fixture], interval: 1s}\n") +
           sleeper("web", image.text(), environment + "    depends_on: {db: {condition: service_healthy}}\n");
  };
  stack.write(text("[sleep, '3600']", "info"));
  stack.must({"up"});
  const auto before = stack.ids();
  stack.write(text("[fail, '7']", "debug"));
  const auto back = stack.run({"up", "--on-failure", "rollback"});
  INFO(back.err);
  CHECK(back.exit_code == 1);
  CHECK(
      back.err.ends_with("       rolled back: the containers are as they were before\n       left running: db, web\n"));
  CHECK_FALSE(contains(back.err, "not started"));
  CHECK(stack.ids() == before);

  const auto failed = stack.run({"up"});
  INFO(failed.err);
  CHECK(failed.exit_code == 1);
  CHECK(failed.err.ends_with("       left exited: db\n       left running, not replaced: web\n"));
  CHECK(stack.containers().size() == 2);
  CHECK(stack.ids().at("web") == before.at("web"));
  CHECK(stack.container("web").state.running);
}

TEST_CASE("a container of somebody else with the same name is left alone, and named") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("one", image.text()));
  const auto name = stack.project() + "-one-1";
  const auto foreign =
      engine::create_container(client, name, {{"Image", image.text()}, {"Cmd", {"sleep", "3600"}}}, {});
  REQUIRE(foreign);
  const auto outcome = stack.run({"up"});
  const auto still = engine::inspect_container(client, name, {});
  const auto removed = engine::remove_container(client, foreign->id, {.force = true, .volumes = true}, {});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "the name " + name + " is taken"));
  REQUIRE(still);
  CHECK(still->id == foreign->id);
  CHECK(still->state.status == "created");
  CHECK(removed);
  stack.must({"up"});
}

TEST_CASE("a service that dies is named with its exit code and its last lines") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("well", image.text()) + "  ill:\n    image: " + image.text() +
              "\n    pull_policy: never\n    command: [fail, '42']\n    depends_on: [well]\n");
  const auto outcome = stack.run({"up"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "error: ill exited with code 42"));
  CHECK(contains(outcome.err, "about to fail"));
  CHECK(contains(outcome.err, "the reason why"));
  CHECK(stack.container("well").state.running);
}

TEST_CASE("a service that stays unhealthy is named with what its last checks said") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" +
              sleeper("sick", image.text(),
                      "    healthcheck: {test: [CMD, /fixture, fail, '3'], interval: 1s, timeout: 2s, retries: 2}\n"));
  const auto outcome = stack.run({"up"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "error: sick is unhealthy after 2 failed checks"));
  CHECK(contains(outcome.err, "exit code 3: "));
  CHECK(contains(outcome.err, "the reason why"));
}

TEST_CASE("missing secrets stop up before anything is made") {
  const auto client = real_engine();
  const Stack stack(client);
  stack.write("services: {one: {image: 'saas-test-none:1', secrets: [key]}}\nsecrets: {key: {file: secrets/key}}\n");
  const auto outcome = stack.run({"up"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "secrets/key"));
  CHECK(contains(outcome.err, "saasctl secrets init"));
  CHECK(stack.networks().empty());
  stack.must({"secrets", "init"});
  const auto key = stack.folder() / "secrets" / "key";
  CHECK((std::filesystem::status(key).permissions() & std::filesystem::perms::mask) == std::filesystem::perms(0600));
  CHECK(text_of(key).size() == 43);
  const auto first = text_of(key);
  stack.must({"secrets", "init"});
  CHECK(text_of(key) == first);
}

TEST_CASE("logs and ps tell of every service") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("stays", image.text()) + "  prints:\n    image: " + image.text() +
              "\n    pull_policy: never\n    command: [print, some, words]\n");
  stack.must({"up"});
  CHECK(contains(stack.must({"logs"}).out, "some words"));
  CHECK(contains(stack.must({"logs", "prints"}).out, "prints"));
  CHECK_FALSE(contains(stack.must({"logs", "stays"}).out, "some words"));
  const auto table = stack.must({"ps", "-a"}).out;
  CHECK(contains(table, "stays"));
  CHECK(contains(table, "prints"));
  const auto unknown = stack.run({"logs", "print"});
  CHECK(unknown.exit_code == 2);
  CHECK(contains(unknown.err, "prints"));
}

TEST_CASE("ready: log waits for the line, and says what it waits for when it does not come") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& expression) {
    return "services:\n  one:\n    image: " + image.text() +
           "\n    pull_policy: never\n    command: [count, '50']\n    stop_signal: SIGKILL\n    ready: {log: '" +
           expression + "'}\n";
  };
  stack.write(text("line 1[0-9]$"));
  stack.must({"up"});
  CHECK(contains(stack.must({"logs", "one"}).out, "line 10"));
  stack.write(text("never said"));
  const auto outcome = stack.run({"up", "--force-recreate", "--timeout", "2"});
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "no line of its log matches 'never said' yet"));
}

}  // namespace saasctl::small_stack_test
