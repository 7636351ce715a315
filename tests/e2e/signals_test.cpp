// A tool that is stopped half-way leaves nothing that a second run cannot finish.
#include <random>
#include <thread>

#include "paths.hpp"
#include "stack.hpp"

namespace saasctl::signals_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

// Three services in a row; each is healthy a second after its start, so that `up` takes some seconds. A secret and a
// volume are there to be left half-made.
void write_chain(const Stack& stack, const std::string& image) {
  const auto service = [&](const std::string& name, const std::string& after) {
    return "  " + name + ":\n    image: " + image +
           "\n    pull_policy: never\n    command: [sleep, '3600']\n    stop_signal: SIGKILL\n    secrets: [key]\n"
           "    volumes: [data:/data]\n    healthcheck: {test: [CMD, /fixture, sleep, '1'], interval: 1s, timeout: "
           "5s}\n" +
           (after.empty() ? "" : "    depends_on: {" + after + ": {condition: service_healthy}}\n");
  };
  stack.write("services:\n" + service("first", "") + service("second", "first") + service("third", "second") +
              "volumes: {data: }\nsecrets: {key: {file: secrets/key}}\n");
  stack.must({"secrets", "init"});
}

const std::set<std::string> all{"first", "second", "third"};

// Waits until the first container is there.
void await_first(const Stack& stack) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (stack.containers().empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(20ms);
  REQUIRE_FALSE(stack.containers().empty());
}

void check_converges(const Stack& stack) {
  stack.must({"up", "--wait=engine"});
  CHECK(stack.healthy() == all);
  CHECK(stack.containers().size() == all.size());
  const auto ids = stack.ids();
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
  CHECK(stack.ids() == ids);
}

}  // namespace

TEST_CASE("SIGINT and SIGTERM during up end it with 130 and 143, and a second up finishes the work") {
  const auto client = real_engine();
  const FixtureImage image(client);
  for (const auto& [signal, code] : std::map<int, int>{{SIGINT, 130}, {SIGTERM, 143}}) {
    const Stack stack(client, "signal-" + std::to_string(signal));
    write_chain(stack, image.text());
    auto up = stack.start({"up"});
    await_first(stack);
    const auto sent = std::chrono::steady_clock::now();
    up.send(signal);
    CHECK(up.wait() == code);
    CHECK(std::chrono::steady_clock::now() - sent < 10s);
    CHECK(stack.healthy() != all);
    check_converges(stack);
  }
}

TEST_CASE("a tool that is killed at any moment of up leaves what a second up finishes") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 3; ++i) {
    const Stack stack(client, "kill-" + std::to_string(i));
    write_chain(stack, image.text());
    const auto moment = std::uniform_int_distribution<int>(0, 2500)(random) * 1ms;
    INFO("killed after " << moment.count() << " ms");
    auto up = stack.start({"up"});
    std::this_thread::sleep_for(moment);
    up.send(SIGKILL);
    up.wait();
    check_converges(stack);
  }
}

TEST_CASE("SIGINT during a build ends it at once") {
  const auto client = real_engine();
  const Stack stack(client);
  std::filesystem::copy_file(SAASCTL_FIXTURE, stack.folder() / "fixture");
  write_file(stack.folder() / "Dockerfile",
             "FROM scratch\nCOPY fixture /fixture\nARG TEXT\nRUN [\"/fixture\", \"sleep\", \"300\"]\n");
  stack.write("services: {one: {build: {context: ., args: {TEXT: '" + stack.project() + "'}}}}\n");
  const auto messages = stack.folder() / "messages";
  auto build = stack.start({"build"}, "/dev/null", messages);
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  const auto runs = [&] { return std::filesystem::exists(messages) && contains(text_of(messages), "RUN "); };
  while (!runs() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(20ms);
  REQUIRE(runs());
  const auto sent = std::chrono::steady_clock::now();
  build.send(SIGINT);
  CHECK(build.wait() == 130);
  CHECK(std::chrono::steady_clock::now() - sent < 20s);
}

TEST_CASE("SIGTERM ends logs that are followed") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  write_chain(stack, image.text());
  stack.must({"up", "first", "--wait=false"});
  auto logs = stack.start({"logs", "-f"});
  std::this_thread::sleep_for(500ms);
  logs.send(SIGTERM);
  CHECK(logs.wait() == 143);
}

}  // namespace saasctl::signals_test
