// What `up` makes of a stack that is there already: other numbers, other makers, other contents, and failures.
#include <nlohmann/json.hpp>
#include <sstream>

#include "compose.hpp"
#include "services.hpp"
#include "stack.hpp"

namespace saasctl::change_test {

using namespace saasctl::test;
using nlohmann::json;

namespace {

// Container name to id, of what runs.
std::map<std::string, std::string> running(const Stack& stack) {
  std::map<std::string, std::string> ids;
  for (const auto& container : stack.containers()) {
    if (container.state == "running") ids[container.name.substr(stack.project().size() + 1)] = container.id;
  }
  return ids;
}

std::set<std::string> names(const Stack& stack) {
  std::set<std::string> names;
  for (const auto& container : stack.containers()) names.insert(container.name.substr(stack.project().size() + 1));
  return names;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("scaling adds and takes the last containers and leaves the others alone") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("web", image.text(), "    deploy: {replicas: 2}\n"));
  stack.must({"up"});
  const auto two = running(stack);
  CHECK(names(stack) == Names{"web-1", "web-2"});
  stack.must({"up", "--scale", "web=4"});
  const auto four = running(stack);
  CHECK(names(stack) == Names{"web-1", "web-2", "web-3", "web-4"});
  CHECK(four.at("web-1") == two.at("web-1"));
  CHECK(four.at("web-2") == two.at("web-2"));
  const auto fewer = stack.must({"up", "--scale", "web=1"});
  CHECK(names(stack) == Names{"web-1"});
  CHECK(running(stack).at("web-1") == two.at("web-1"));
  stack.must({"up", "--scale", "web=0"});
  CHECK(names(stack).empty());
}

TEST_CASE("containers of services that are gone from the file are named, and removed when asked") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("web", image.text()) + sleeper("old", image.text()));
  stack.must({"up"});
  stack.write("services:\n" + sleeper("web", image.text()));
  const auto named = stack.must({"up"});
  CHECK(contains(named.err, "left alone: " + stack.project() + "-old-1"));
  CHECK(contains(named.err, "--remove-orphans"));
  CHECK(names(stack) == Names{"web-1", "old-1"});
  stack.must({"up", "--remove-orphans"});
  CHECK(names(stack) == Names{"web-1"});
}

TEST_CASE("a failing up --on-failure rollback leaves the containers of before, running") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& command, const std::string& level) {
    return "services:\n" + sleeper("db", image.text(), "    environment: {LEVEL: " + level + "}\n") +
           service("web", image.text(), command,
                   "    depends_on: [db]\n    healthcheck: {test: [CMD, /fixture, exists, "
                   "/fixture], interval: 1s}\n");
  };
  stack.write(text("[sleep, '3600']", "info"));
  stack.must({"up"});
  const auto before = running(stack);
  REQUIRE(before.size() == 2);

  stack.write(text("[fail, '7']", "debug"));
  const auto failed = stack.run({"up", "--on-failure", "rollback"});
  INFO(failed.err);
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "exited with code 7"));
  CHECK(contains(failed.err, "rolled back"));
  CHECK(running(stack) == before);
  CHECK(names(stack) == Names{"db-1", "web-1"});

  const auto kept = stack.run({"up"});
  CHECK(kept.exit_code == 1);
  CHECK(running(stack).at("db-1") != before.at("db-1"));
  CHECK_FALSE(running(stack).contains("web-1"));
}

TEST_CASE("update order start-first has the new container ready before the old one is stopped") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& level) {
    return "services:\n" + sleeper("web", image.text(),
                                   "    environment: {LEVEL: " + level +
                                       "}\n    deploy: {update_config: {order: start-first}}\n    healthcheck: {test: "
                                       "[CMD, /fixture, exists, /fixture], interval: 1s}\n");
  };
  stack.write(text("info"));
  stack.must({"up"});
  const auto old = running(stack).at("web-1");
  stack.write(text("debug"));
  const auto since = std::chrono::system_clock::now();
  stack.must({"up"});
  const auto events =
      stack.must({"events", "--json", "--since",
                  std::to_string(std::chrono::duration_cast<std::chrono::seconds>(since.time_since_epoch()).count()),
                  "--until", "0s"});
  INFO(events.out);
  std::vector<std::string> order;
  std::istringstream lines(events.out);
  for (std::string line; std::getline(lines, line);) {
    const auto event = json::parse(line);
    const auto action = event.at("action").get<std::string>();
    const bool is_old = event.at("id") == old;
    if (action == "start" && !is_old) order.emplace_back("new starts");
    if (action == "die" && is_old) order.emplace_back("old dies");
  }
  CHECK(order == std::vector<std::string>{"new starts", "old dies"});
  CHECK(names(stack) == Names{"web-1"});
  CHECK(running(stack).at("web-1") != old);
}

TEST_CASE("hooks run inside the container: post_start once it has started, pre_stop before it is stopped") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& level) {
    return "services:\n" +
           sleeper("web", image.text(),
                   "    environment: {LEVEL: " + level +
                       "}\n    volumes: [data:/data]\n    post_start: [{command: [/fixture, touch, /data/started]}]\n"
                       "    pre_stop: [{command: [/fixture, touch, /data/stopped]}]\n") +
           "volumes: {data: }\n";
  };
  stack.write(text("info"));
  stack.must({"up"});
  const auto happened = [&](const std::string& file) {
    return stack.run({"exec", "-T", "web", "/fixture", "exists", "/data/" + file}).exit_code == 0;
  };
  CHECK(happened("started"));
  CHECK_FALSE(happened("stopped"));
  stack.write(text("debug"));
  stack.must({"up"});
  CHECK(happened("stopped"));

  stack.write("services:\n" + sleeper("web", image.text(), "    post_start: [{command: [/fixture, fail, '3']}]\n"));
  const auto failed = stack.run({"up"});
  INFO(failed.err);
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "post_start"));
}

TEST_CASE("what docker compose made is adopted where it is equal, and made anew with the cause where not") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const Compose compose(stack);
  const auto text = [&](const std::string& level) {
    return "services:\n" +
           sleeper(
               "db", image.text(),
               "    volumes: [data:/data]\n    healthcheck: {test: [CMD, /fixture, exists, /fixture], interval: "
               "1s}\n    deploy: {resources: {limits: {memory: 64M, cpus: '0.5'}}}\n    ulimits: {nofile: 1024}\n") +
           sleeper("web", image.text(),
                   "    environment: {LEVEL: " + level +
                       "}\n    depends_on: {db: {condition: service_healthy}}\n    read_only: true\n    cap_drop: "
                       "[ALL]\n    tmpfs: [/tmp]\n    labels: {team: blue}\n    init: true\n") +
           "volumes: {data: }\n";
  };
  stack.write(text("info"));
  compose.run({"-f", stack.file().string(), "up", "-d"});
  const auto theirs = running(stack);
  REQUIRE(theirs.size() == 2);
  const auto same = stack.must({"plan"});
  INFO(same.out);
  CHECK(contains(same.out, "nothing to do"));
  stack.must({"up"});
  CHECK(running(stack) == theirs);

  stack.write(text("debug"));
  const auto plan = stack.must({"plan"});
  CHECK(contains(plan.out, "web: recreate: made by another tool; environment.LEVEL info → debug"));
  CHECK_FALSE(contains(plan.out, "db: recreate"));
  stack.must({"up"});
  CHECK(running(stack).at("db-1") == theirs.at("db-1"));
  CHECK(running(stack).at("web-1") != theirs.at("web-1"));
  CHECK(services_of(compose.run({"-f", stack.file().string(), "ps", "--format", "json"}).out) == Names{"db", "web"});
}

TEST_CASE("a plan is text, JSON or a drawing, and says by its exit code whether there is something to do") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("web", image.text()));
  CHECK(stack.run({"plan", "--exit-code"}).exit_code == 4);
  CHECK(stack.run({"up", "--dry-run", "--exit-code"}).exit_code == 4);
  CHECK(names(stack).empty());
  const auto plan = json::parse(stack.must({"plan", "--json"}).out);
  INFO(plan.dump(2));
  CHECK(plan.at("changes") == true);
  CHECK_FALSE(plan.at("actions").empty());
  CHECK(stack.must({"plan", "--graph", "dot"}).out.starts_with("digraph"));
  CHECK(stack.must({"plan", "--graph", "mermaid"}).out.starts_with("flowchart"));
  stack.must({"up"});
  CHECK(stack.run({"plan", "--exit-code"}).exit_code == 0);
}

TEST_CASE("anonymous volumes go over to the next container, unless they are to be renewed") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto volume_of = [&] {
    for (const auto& mount : stack.container("web").mounts) {
      if (mount.destination == "/data") return mount.name;
    }
    return std::string();
  };
  stack.write("services:\n" + sleeper("web", image.text(), "    volumes: [/data]\n"));
  stack.must({"up"});
  const auto first = volume_of();
  CHECK(first.size() == 64);
  stack.must({"up", "--force-recreate"});
  CHECK(volume_of() == first);
  stack.must({"up", "--force-recreate", "--renew-anon-volumes"});
  CHECK(volume_of() != first);
  CHECK_FALSE(engine::inspect_volume(client, first, {}));
  stack.must({"rm", "-fsv"});
}

TEST_CASE("dependants are restarted with what they depend on only where the file says restart: true") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& level) {
    return "services:\n" + sleeper("db", image.text(), "    environment: {LEVEL: " + level + "}\n") +
           sleeper("follows", image.text(), "    depends_on: {db: {condition: service_started, restart: true}}\n") +
           sleeper("stays", image.text(), "    depends_on: [db]\n");
  };
  stack.write(text("info"));
  stack.must({"up"});
  const auto ids = running(stack);
  const auto follows = stack.container("follows").state.started_at;
  const auto stays = stack.container("stays").state.started_at;
  stack.write(text("debug"));
  stack.must({"up"});
  CHECK(running(stack).at("follows-1") == ids.at("follows-1"));
  CHECK(stack.container("follows").state.started_at > follows);
  CHECK(stack.container("stays").state.started_at == stays);
}

TEST_CASE("jobs that end with 0 are done, and one that fails stops those who need it, not those who can do without") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& command) {
    return "services:\n" + service("migrate", image.text(), command) +
           sleeper("needs", image.text(), "    depends_on: {migrate: {condition: service_completed_successfully}}\n") +
           sleeper("may", image.text(),
                   "    depends_on: {migrate: {condition: service_completed_successfully, required: false}}\n");
  };
  stack.write(text("[print, done]"));
  stack.must({"up"});
  CHECK(running(stack).size() == 2);
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
  stack.must({"down"});

  stack.write(text("[fail, '3']"));
  const auto failed = stack.run({"up"});
  INFO(failed.err);
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "migrate"));
  CHECK(contains(failed.err, "code 3"));
  CHECK_FALSE(running(stack).contains("needs-1"));
}

}  // namespace saasctl::change_test
