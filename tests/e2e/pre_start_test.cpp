// Containers that run before a service starts, at a real engine.
#include <chrono>
#include <thread>

#include "services.hpp"
#include "stack.hpp"

namespace saasctl::pre_start_test {

using namespace saasctl::test;

namespace {

std::set<std::string> names(const Stack& stack) {
  std::set<std::string> names;
  for (const auto& container : stack.containers()) names.insert(container.name.substr(stack.project().size() + 1));
  return names;
}

using Names = std::set<std::string>;

// Web, whose volume /data is named, with these containers before its start.
std::string web(const FixtureImage& image, const std::string& steps, const std::string& more = "") {
  return "services:\n" +
         sleeper("web", image.text(), "    volumes: [\"data:/data\"]\n    pre_start: " + steps + "\n" + more) +
         "volumes: {data: }\n";
}

}  // namespace

TEST_CASE("pre_start runs in order with the service's volumes, before it starts, and leaves nothing behind") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto has = [&](const std::string& file) {
    return stack.run({"exec", "-T", "web", "/fixture", "exists", "/data/" + file}).exit_code == 0;
  };
  stack.write(
      web(image, "[{command: [touch, /data/one]}, {command: [exists, /data/one]}, {command: [touch, /data/two]}]"));
  stack.must({"up"});
  CHECK(names(stack) == Names{"web-1"});
  CHECK(has("one"));
  CHECK(has("two"));
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));

  // Not for one more container, for a new one and a changed list again.
  stack.write(web(image, "[{command: [touch, /data/three]}]"));
  stack.must({"up", "--no-recreate", "--scale", "web=2"});
  CHECK_FALSE(has("three"));
  stack.must({"up", "--scale", "web=1"});
  CHECK(has("three"));
  stack.must({"stop"});
  stack.write(web(image, "[{command: [touch, /data/four]}]"));
  stack.must({"start"});
  CHECK(has("four"));
  CHECK(names(stack) == Names{"web-1"});
}

TEST_CASE("a container before the start that fails keeps the service from starting, and can be looked at until then") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write(web(image, "[{command: [fail, '7']}, {command: [touch, /data/never]}]"));
  const auto failed = stack.run({"up"});
  INFO(failed.err);
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "web: pre_start[0] ended with exit code 7: the reason why; web was not started"));
  CHECK(contains(failed.err, "docker logs " + stack.project() + "-web-pre_start-0"));
  CHECK(names(stack).contains("web-pre_start-0"));
  CHECK_FALSE(names(stack).contains("web-pre_start-1"));
  CHECK_FALSE(contains(stack.must({"ps"}).out, "pre_start"));
  CHECK(contains(stack.must({"ps", "-a"}).out, "pre_start"));

  stack.write(web(image, "[{command: [touch, /data/done]}]"));
  stack.must({"up"});
  CHECK(names(stack) == Names{"web-1"});
  CHECK(stack.run({"exec", "-T", "web", "/fixture", "exists", "/data/never"}).exit_code != 0);

  stack.write(web(image, "[{command: [fail, '8']}]"));
  CHECK(stack.run({"up"}).exit_code == 1);
  const auto down = stack.must({"down", "-v"});
  CHECK_FALSE(contains(down.err, "left:"));
  CHECK(names(stack).empty());
}

TEST_CASE("a container before the start has its own user, environment, mounts and secrets beside the service's") {
  const auto client = real_engine();
  const FixtureImage image(client);
  Stack stack(client);
  stack.variables()["TOKEN"] = "one";
  stack.write(web(image,
                  "[{command: [owner, /run/secrets/token], secrets: [token], user: \"7\"},"
                  " {command: [exists, /own], volumes: [\"./stack.yaml:/own\"]},"
                  " {command: [exists, /data]}]") +
              "secrets: {token: {environment: TOKEN}}\n");
  stack.must({"up"});
  CHECK(names(stack) == Names{"web-1"});
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
  const auto volumes = engine::list_volumes(client, {stack.label()}, {});
  REQUIRE(volumes);
  CHECK(volumes->size() == 1);
}

TEST_CASE("an interrupted pre_start takes its container away") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write(web(image, "[{command: [sleep, '3600']}]"));
  auto tool = stack.start({"up"});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto runs = [&] {
    const auto containers = stack.containers();
    return std::ranges::any_of(containers, [](const auto& container) {
      return container.state == "running" && container.name.ends_with("-pre_start-0");
    });
  };
  while (!runs() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  REQUIRE(runs());
  tool.send(SIGINT);
  CHECK(tool.wait() != 0);
  CHECK_FALSE(names(stack).contains("web-pre_start-0"));
}

}  // namespace saasctl::pre_start_test
