// SIGKILL at any moment of `up`: the next run finishes the work, and two runs at once take turns.
#include <random>
#include <thread>

#include "stack.hpp"

namespace saasctl::interrupted_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

// Two services, one after the other, with a secret, a volume and a network to be left half-made.
void write_pair(const Stack& stack, const std::string& image, const std::string& level) {
  const auto service = [&](const std::string& name, const std::string& more) {
    return "  " + name + ":\n    image: " + image +
           "\n    pull_policy: never\n    command: [sleep, '3600']\n    stop_signal: SIGKILL\n" +
           "    environment: {LEVEL: '" + level + "'}\n" + more;
  };
  stack.write("services:\n" +
              service("first",
                      "    volumes: [data:/data]\n    secrets: [key]\n"
                      "    healthcheck: {test: [CMD, /fixture, user], interval: 1s, timeout: 5s}\n") +
              service("second", "    depends_on: {first: {condition: service_healthy}}\n") +
              "volumes: {data: }\nsecrets: {key: {file: secrets/key}}\n");
}

std::set<std::string> running(const Stack& stack) {
  std::set<std::string> names;
  for (const auto& container : stack.containers()) {
    if (container.state == "running") names.insert(container.name);
  }
  return names;
}

// Volumes of secrets have random names.
std::multiset<std::string> without_random(const std::set<std::string>& names) {
  std::multiset<std::string> out;
  for (const auto& name : names) {
    const auto secrets = name.find("-secrets-");
    out.insert(secrets == std::string::npos ? name : name.substr(0, secrets + 9));
  }
  return out;
}

}  // namespace

TEST_CASE("up that is killed at fifty random moments is always followed by one that converges") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const Stack stack(client, "killed");
  write_pair(stack, image.text(), "0");
  stack.must({"secrets", "init"});
  const auto begun = std::chrono::steady_clock::now();
  stack.must({"up", "--wait=ready"});
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  const std::set<std::string> all{stack.project() + "-first-1", stack.project() + "-second-1"};
  const auto volumes = without_random(stack.volumes());
  for (int i = 1; i <= 50; ++i) {
    // Every other time from nothing, every other time over containers that have to be made anew.
    if (i % 2 == 0) {
      stack.remove_all();
    } else {
      write_pair(stack, image.text(), std::to_string(i));
    }
    const auto moment = std::uniform_int_distribution<int>(0, static_cast<int>(whole.count()))(random) * 1ms;
    INFO("run " << i << ", killed after " << moment.count() << " of " << whole.count() << " ms");
    auto up = stack.start({"up", "--wait=ready"});
    std::this_thread::sleep_for(moment);
    up.send(SIGKILL);
    up.wait();
    stack.must({"up", "--wait=ready"});
    REQUIRE(running(stack) == all);
    REQUIRE(stack.containers().size() == all.size());
    REQUIRE(without_random(stack.volumes()) == volumes);
    REQUIRE(contains(stack.must({"up", "--wait=ready"}).err, "nothing to change"));
  }
}

TEST_CASE("the second of two ups at once waits for the first and says for whom") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "twice");
  write_pair(stack, image.text(), "0");
  stack.must({"secrets", "init"});
  auto first = stack.start({"up", "--wait=ready"});
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (stack.containers().empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(2ms);
  const auto second = stack.must({"up", "--wait=ready"});
  INFO(second.err);
  CHECK(contains(second.err, "waiting: saasctl up (process "));
  CHECK_FALSE(contains(second.err, "failed"));
  CHECK(first.wait() == 0);
  CHECK(running(stack).size() == 2);
}

}  // namespace saasctl::interrupted_test
