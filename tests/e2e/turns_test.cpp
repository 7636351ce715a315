// Commands side by side on one project, and one project name in two folders.
#include <thread>

#include "services.hpp"
#include "stack.hpp"

namespace saasctl::turns_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

// Waits until the service's container runs; false: it does not within half a minute.
bool comes_up(const Stack& stack, const std::string& service) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < deadline) {
    for (const auto& container : stack.containers()) {
      if (container.name == stack.project() + "-" + service + "-1" && container.state == "running") return true;
    }
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The columns of the progress are padded.
std::string without_padding(std::string text) {
  const auto end = std::ranges::unique(text, [](char one, char other) { return one == ' ' && other == ' '; });
  text.erase(end.begin(), end.end());
  return text;
}

std::string migrated(const std::string& image) {
  return sleeper("db", image,
                 "    volumes: [data:/d]\n    healthcheck: {test: [CMD, /fixture, exists, /d/migrated], interval: 1s, "
                 "retries: 60}\n");
}

}  // namespace

TEST_CASE("run does what a waiting up waits for, while others still wait for that service") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "turns");
  stack.write("services:\n" + migrated(image.text()) +
              sleeper("web", image.text(), "    depends_on: {db: {condition: service_healthy}}\n") +
              "volumes: {data: }\n");
  auto up = stack.start({"up"});
  REQUIRE(comes_up(stack, "db"));
  const auto begun = std::chrono::steady_clock::now();
  stack.must({"run", "--rm", "-T", "--no-deps", "db", "touch", "/d/migrated"});
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  CHECK(up.wait() == 0);
  CHECK(stack.container("web").state.running);
  CHECK(stack.containers().size() == 2);
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
}

TEST_CASE(
    "two ups of one project side by side end well, also with --force-recreate, and recreate each container once") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "two-ups");
  stack.write("services:\n" + migrated(image.text()) +
              sleeper("web", image.text(), "    depends_on: {db: {condition: service_healthy}}\n") +
              sleeper("side", image.text()) + "volumes: {data: }\n");
  stack.must({"run", "--rm", "-T", "--no-deps", "db", "touch", "/d/migrated"});
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"up"}, {"up", "--force-recreate"}}) {
    auto one = stack.start(verb), two = stack.start(verb), three = stack.start(verb);
    CHECK(one.wait() == 0);
    CHECK(two.wait() == 0);
    CHECK(three.wait() == 0);
    CHECK(stack.containers().size() == 3);
    CHECK(contains(stack.must({"up"}).err, "nothing to change"));
  }
}

TEST_CASE("of two ups at once with different values, the one that took its turn later counts") {
  const auto client = real_engine();
  const FixtureImage image(client);
  Stack stack(client, "two-values");
  const std::string level = "    environment: {LEVEL: \"${LEVEL}\"}\n";
  stack.write("services:\n" + migrated(image.text()) + level +
              sleeper("web", image.text(), level + "    depends_on: {db: {condition: service_healthy}}\n") +
              "volumes: {data: }\n");
  const auto messages = stack.folder() / "messages";
  stack.variables()["LEVEL"] = "one";
  auto one = stack.start({"up", "--on-failure", "rollback"}, "/dev/null", messages);
  REQUIRE(comes_up(stack, "db"));
  stack.variables()["LEVEL"] = "two";
  auto two = stack.start({"up"});
  CHECK(one.wait() == 1);
  INFO(text_of(messages));
  CHECK(contains(text_of(messages), "another command has replaced its container while this command ran"));
  CHECK(contains(text_of(messages), "not rolled back"));
  const auto db = stack.ids().at("db");
  stack.must({"run", "--rm", "-T", "--no-deps", "db", "touch", "/d/migrated"});
  CHECK(two.wait() == 0);
  CHECK(stack.ids().at("db") == db);
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
}

TEST_CASE("a down during a waiting up has the last word") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "down-wins");
  stack.write("services:\n" + migrated(image.text()) +
              sleeper("web", image.text(), "    depends_on: {db: {condition: service_healthy}}\n") +
              "volumes: {data: }\n");
  auto up = stack.start({"up"});
  REQUIRE(comes_up(stack, "db"));
  stack.must({"down", "-t", "0"});
  CHECK(up.wait() == 1);
  CHECK(stack.containers().empty());
}

TEST_CASE("the project of another folder with the same name is changed only when asked") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "origin");
  const auto text = "services:\n" + sleeper("web", image.text());
  stack.write(text);
  stack.must({"up"});
  const auto ids = stack.ids();
  const TemporaryFolder other;
  write_file(other.path() / "stack.yaml", text);
  const auto there = [&](std::vector<std::string> verb) {
    const std::vector<std::string> head{"-f", (other.path() / "stack.yaml").string(), "-p", stack.project()};
    verb.insert(verb.begin(), head.begin(), head.end());
    return run_tool(verb);
  };
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"up", "--force-recreate"},
                                               {"create", "--force-recreate"},
                                               {"scale", "web=2"},
                                               {"down"},
                                               {"run", "--rm", "-T", "web", "print", "a"},
                                               {"stop"},
                                               {"start"},
                                               {"restart", "web"},
                                               {"kill"},
                                               {"pause"},
                                               {"unpause"},
                                               {"rm", "-fs"},
                                               {"wait", "web", "--down-project"}}) {
    const auto refused = there(verb);
    INFO(verb.front() << ": " << refused.err);
    CHECK(refused.exit_code == 2);
    CHECK(contains(refused.err, stack.folder().string()));
    CHECK(contains(refused.err, other.path().string()));
    CHECK(contains(refused.err, "--take-over"));
    CHECK(contains(refused.err, "-p NAME"));
    CHECK(stack.ids() == ids);
  }
  CHECK(stack.container("web").state.running);
  CHECK(contains(there({"plan"}).err, "have the same name"));
  CHECK(contains(there({"ps"}).out, "web"));
  CHECK(there({"exec", "-T", "web", "/fixture", "print", "a"}).exit_code == 0);
  CHECK(there({"logs"}).exit_code == 0);
  CHECK(there({"stop", "-t", "0", "--take-over"}).exit_code == 0);
  CHECK_FALSE(stack.container("web").state.running);
  CHECK(there({"start", "--take-over"}).exit_code == 0);
  CHECK(there({"run", "--rm", "-T", "--take-over", "web", "print", "a"}).exit_code == 0);
  CHECK(there({"up", "--take-over"}).exit_code == 0);
  CHECK(there({"down", "--take-over", "-t", "0"}).exit_code == 0);
  CHECK(stack.containers().empty());
}

TEST_CASE("a folder that was moved keeps its containers") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "moved");
  const TemporaryFolder parent;
  const auto in = [&](const std::string& folder, std::vector<std::string> verb) {
    const std::vector<std::string> head{"-f", (parent.path() / folder / "stack.yaml").string(), "-p", stack.project()};
    verb.insert(verb.begin(), head.begin(), head.end());
    return run_tool(verb);
  };
  write_file(parent.path() / "old" / "stack.yaml", "services:\n" + sleeper("web", image.text()));
  REQUIRE(in("old", {"up"}).exit_code == 0);
  const auto ids = stack.ids();
  std::filesystem::rename(parent.path() / "old", parent.path() / "new");
  const auto up = in("new", {"up"});
  INFO(up.err);
  CHECK(up.exit_code == 0);
  CHECK(contains(up.err, "does not exist here any more"));
  CHECK(stack.ids() == ids);
}

TEST_CASE("plan shows the whole way of a stack whose images were never built") {
  const auto client = real_engine();
  const Stack stack(client, "unbuilt");
  write_file(stack.folder() / "Dockerfile", "FROM scratch\n");
  stack.write("services: {web: {build: ., command: [x]}}\n");
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"plan"}, {"up", "--dry-run"}}) {
    const auto plan = stack.must(verb);
    CHECK(contains(plan.out, "image " + stack.project() + "-web: build: never built\n"));
    CHECK(contains(plan.out, "web: create: new\n"));
  }
  CHECK(contains(stack.must({"plan", "--json"}).out, "\"build_image\""));
}

TEST_CASE("a changed network is recreated with its containers, one that the engine refuses stops nothing") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "network");
  const auto text = [&](const std::string& subnet, const std::string& address) {
    return "services:\n" + sleeper("app", image.text(), "    networks: {n: {ipv4_address: " + address + "}}\n") +
           sleeper("other", image.text(), "    networks: [n]\n") + "networks: {n: {ipam: {config: [{subnet: " + subnet +
           "}]}}}\n";
  };
  const auto address = [&] { return stack.container("app").networks.at(stack.project() + "_n").ip_address; };
  stack.write(text("10.223.1.0/24", "10.223.1.5"));
  stack.must({"up"});
  CHECK(address() == "10.223.1.5");
  const auto before = stack.ids();

  stack.write(text("10.223.2.0/24", "10.223.2.9"));
  const auto plan = stack.must({"plan"});
  INFO(plan.out);
  CHECK(contains(plan.out, "_n: recreate: ipam.config[0].subnet 10.223.1.0/24 → 10.223.2.0/24\n"));
  stack.must({"up"});
  CHECK(address() == "10.223.2.9");
  CHECK(stack.container("other").state.running);
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
  CHECK(stack.networks() == std::set<std::string>{stack.project() + "_n"});

  const auto running = stack.ids();
  CHECK(running != before);
  replace_in(stack.file(), "networks: {n: {ipam", "networks: {n: {driver: nosuchdriver, ipam");
  const auto refused = stack.run({"up"});
  INFO(refused.err);
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "nothing was changed"));
  CHECK(count_of(refused.err, "_n  checking\n") == 1);
  for (const auto& [service, id] : running) CHECK(engine::inspect_container(client, id, {})->state.running);
  CHECK(stack.networks() == std::set<std::string>{stack.project() + "_n"});
}

TEST_CASE("a network or volume whose driver the engine lacks is asked for once") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "driver");
  for (const std::string kind : {"network", "volume"}) {
    stack.write("services:\n" +
                sleeper("app", image.text(), kind == "network" ? "    networks: [n]\n" : "    volumes: ['n:/n']\n") +
                kind + "s: {n: {driver: nosuchdriver}}\n");
    const auto refused = stack.run({"up"});
    INFO(refused.err);
    CHECK(refused.exit_code == 1);
    CHECK(count_of(without_padding(refused.err), kind + " " + stack.project() + "_n creating\n") == 1);
    CHECK(contains(refused.err, "correct the driver in the file"));
  }
}

TEST_CASE("a rollback after a failure also brings a replaced network back, with the containers on it") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client, "network-back");
  const auto text = [&](const std::string& subnet, const std::string& command) {
    return "services:\n" +
           service("app", image.text(), command,
                   "    networks: {n: {ipv4_address: " + subnet + ".5, aliases: [www]}}\n") +
           sleeper("other", image.text(), "    networks: [n]\n") + "networks: {n: {ipam: {config: [{subnet: " + subnet +
           ".0/24}]}}}\n";
  };
  stack.write(text("10.223.3", "[sleep, '3600']"));
  stack.must({"up"});
  const auto before = stack.ids();
  stack.write(text("10.223.4", "[fail, '7']"));
  const auto failed = stack.run({"up", "--on-failure", "rollback"});
  INFO(failed.err);
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "rolled back"));
  CHECK(stack.ids() == before);
  const auto app = stack.container("app");
  CHECK(app.state.running);
  CHECK(app.networks.at(stack.project() + "_n").ip_address == "10.223.3.5");
  CHECK(stack.container("other").state.running);
  stack.write(text("10.223.3", "[sleep, '3600']"));
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
}

}  // namespace saasctl::turns_test
