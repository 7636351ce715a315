// What people are used to from docker compose, against a real engine.
#include <thread>

#include "stack.hpp"
#include "util/text.hpp"

namespace saasctl::compose_habits_test {

using namespace saasctl::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Keys of a service that does nothing until it is stopped.
const std::string idle =
    "image: debian:trixie-slim, pull_policy: never, command: [sleep, infinity], stop_signal: SIGKILL";

bool soon(const Stack& stack, const std::string& service, const std::string& command) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  do {
    if (stack.run({"exec", "-T", service, "sh", "-c", command}).exit_code == 0) return true;
    std::this_thread::sleep_for(50ms);
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

}  // namespace

TEST_CASE("habits: of alternatives on one host port, each can be used alone") {
  const auto client = real_engine();
  const Stack stack(client, "alternatives");
  const auto port = "127.0.0.1:" + std::to_string(free_port()) + ":80";
  stack.write("services:\n  one: {" + idle + ", ports: [\"" + port + "\"]}\n  two: {" + idle + ", ports: [\"" + port +
              "\"], env_file: not-there.env}\n");
  const auto both = stack.run({"up"});
  CHECK(both.exit_code == 2);
  CHECK(contains(both.err, "not-there.env"));
  write_file(stack.folder() / "not-there.env", "A=1\n");
  const auto refused = stack.run({"up"});
  CHECK(refused.exit_code == 2);
  CHECK(contains(refused.err, "stack.yaml:2:"));
  CHECK(contains(refused.err, "of 'one' is also published by 'two'"));
  CHECK(contains(refused.err, "stack.yaml:3:"));
  CHECK(contains(refused.err, "of 'two' is already published by 'one'"));
  CHECK(stack.containers().empty());
  CHECK(stack.networks().empty());

  fs::remove(stack.folder() / "not-there.env");
  stack.must({"up", "one"});
  CHECK(contains(stack.must({"ps"}).out, "one"));
  stack.must({"stop", "one"});
  write_file(stack.folder() / "not-there.env", "A=1\n");
  stack.must({"config", "--quiet"});
  stack.must({"up", "two"});
  CHECK(stack.containers().size() == 2);
  stack.must({"down", "--timeout", "1"});
  CHECK(stack.containers().empty());
}

TEST_CASE("habits: secrets, configs, exec -e and run -e take variables from .env, under those of the process") {
  const auto client = real_engine();
  Stack stack(client, "dotenv");
  stack.variables()["HABITS_CONFIG"] = "from the process";
  write_file(stack.folder() / ".env", "HABITS_SECRET=s3cr3t\nHABITS_CONFIG=from .env\nHABITS_PLAIN=plain\n");
  stack.write("services: {app: {" + idle +
              ", secrets: [token], configs: [motd]}}\n"
              "secrets: {token: {environment: HABITS_SECRET}}\nconfigs: {motd: {environment: HABITS_CONFIG}}\n");
  stack.must({"up"});
  CHECK(stack.said_in("app", {"cat", "/run/secrets/token"}) == "s3cr3t");
  CHECK(stack.said_in("app", {"cat", "/motd"}) == "from the process");
  CHECK(stack.must({"exec", "-T", "-e", "HABITS_PLAIN", "app", "printenv", "HABITS_PLAIN"}).out == "plain\n");
  CHECK(stack.must({"run", "--rm", "-T", "-e", "HABITS_PLAIN", "app", "printenv", "HABITS_PLAIN"}).out == "plain\n");
  const auto other = stack.folder() / "other.env";
  write_file(other, "HABITS_SECRET=other\n");
  stack.must({"--env-file", other.string(), "up"});
  CHECK(stack.said_in("app", {"cat", "/run/secrets/token"}) == "other");
}

TEST_CASE("habits: a line of more than 16 KiB is one line, whatever the log driver and the terminal") {
  const auto client = real_engine();
  const Stack stack(client, "lines");
  const std::string say =
      "command: [sh, -c, \"printf begin; head -c 50000 /dev/zero | tr '\\\\0' x; echo end; echo next; "
      "head -c 16384 /dev/zero | tr '\\\\0' y; echo\"]";
  const std::string image = "image: debian:trixie-slim, pull_policy: never, " + say;
  stack.write("services:\n  plain: {" + image + "}\n  terminal: {" + image + ", tty: true}\n  local: {" + image +
              ", logging: {driver: local}}\n");
  stack.run({"up", "--wait=false"});  // whatever it makes of services that end
  const auto expected = "begin" + std::string(50000, 'x') + "end\nnext\n" + std::string(16384, 'y') + "\n";
  for (const auto* service : {"plain", "terminal", "local"}) {
    INFO(service);
    stack.run({"wait", service});
    CHECK(stack.must({"logs", "--no-log-prefix", service}).out == expected);
    CHECK(stack.must({"logs", "-f", "--no-log-prefix", service}).out == expected);
  }
}

TEST_CASE("habits: watch leaves alone what the Dockerfile's own ignore file names") {
  const auto client = real_engine();
  const Stack stack(client, "ignores");
  fs::create_directories(stack.folder() / "docker");
  fs::create_directories(stack.folder() / "secret");
  write_file(stack.folder() / "docker/Dockerfile", "FROM debian:trixie-slim\nCOPY . /srv\n");
  write_file(stack.folder() / "docker/Dockerfile.dockerignore", "secret\n**/*.log\n");
  write_file(stack.folder() / ".dockerignore", "a.txt\n");  // does not count
  write_file(stack.folder() / "secret/s.txt", "s");
  write_file(stack.folder() / "a.txt", "1");
  stack.write(
      "services:\n  app: {build: {context: ., dockerfile: docker/Dockerfile}, command: [sleep, infinity], "
      "stop_signal: SIGKILL, develop: {watch: [{path: ., action: sync, target: /srv, initial_sync: true}]}}\n");
  stack.must({"up"});
  write_file(stack.folder() / "late.txt", "2");
  auto watch = stack.start({"watch", "--no-up"});
  REQUIRE(soon(stack, "app", "test -e /srv/late.txt"));
  write_file(stack.folder() / "secret/t.txt", "t");
  write_file(stack.folder() / "x.log", "x");
  write_file(stack.folder() / "a.txt", "3");
  CHECK(soon(stack, "app", "test $(cat /srv/a.txt) = 3"));
  CHECK(stack.said_in("app", {"sh", "-c", "cd /srv; find . -name '*.log' -o -path './secret*'"}).empty());
  watch.send(SIGINT);
  CHECK(watch.wait() == 130);
  stack.must({"down", "--rmi", "local", "--timeout", "1"});
}

}  // namespace saasctl::compose_habits_test
