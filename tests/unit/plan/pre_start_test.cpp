// Containers that run before a service starts: what the file may say, what they are made from, and when they run.
#include <cstdlib>

#include "plan/hooks.hpp"
#include "plan/lifecycle.hpp"
#include "plan/one_off.hpp"
#include "plan/record.hpp"
#include "planned.hpp"
#include "stack_text.hpp"

namespace saasctl::pre_start_test {

using namespace saasctl::plan;
using namespace saasctl::test;

namespace {

const std::string steps = "pre_start: [{command: [one]}, {image: \"tool:2\", command: [two]}]";

project::Project web(const std::string& keys) {
  return load_shop("name: shop\nservices:\n  web: {image: \"web:1\", " + keys + "}\n");
}

ObservedState idle() {
  auto observed = images_only();
  observed.images["tool:2"] = {"sha256:tool", "5"};
  observed.networks = {{"shop_default", "n1"}};
  observed.project_networks = {"shop_default"};
  return observed;
}

// With containers of web in these states, made from `project`.
ObservedState with_containers(const project::Project& project, const std::vector<std::string>& states) {
  auto observed = idle();
  const auto& service = project.services.front();
  for (const auto& state : states) {
    const auto number = static_cast<unsigned>(observed.containers.size() + 1);
    const auto name = "shop-web-" + std::to_string(number);
    observed.containers.push_back({"id-" + name, name, "web", state, "sha256:web", service.hash, service.model.dump()});
    observed.containers.back().number = number;
  }
  return observed;
}

ObservedContainer failed_step() {
  ObservedContainer container;
  container.id = "id-step";
  container.name = "shop-web-pre_start-0";
  container.service = "web";
  container.state = "exited";
  container.one_off = true;
  container.hook = "pre_start";
  return container;
}

std::string up(const project::Project& project, const ObservedState& observed, const UpOptions& options = {}) {
  const auto plan = plan_up(project, observed, options);
  return plan ? lines(*plan) : plan.error().message + "\n";
}

// What runs and starts, in order.
std::vector<std::string> runs(const project::Project& project, const ObservedState& observed,
                              const UpOptions& options = {}) {
  const auto plan = plan_up(project, observed, options);
  REQUIRE(plan);
  std::vector<std::string> out;
  for (const auto& action : plan->actions) {
    if (const auto* run = std::get_if<RunContainer>(&action.work)) out.push_back(run->when);
    if (const auto* start = std::get_if<StartContainer>(&action.work)) out.push_back(start->container);
  }
  return out;
}

using Runs = std::vector<std::string>;
const Runs both_and_web{"pre_start[0]", "pre_start[1]", "shop-web-1"};

bool says(const std::string& keys, const std::string& message) {
  const auto read = stack::read_text(stack::one_service(keys));
  INFO(read.errors());
  return read.errors().find(message) != std::string::npos;
}

const CreateContainer& created(const Plan& plan, const std::string& name) {
  for (const auto& action : plan.actions) {
    const auto* work = std::get_if<CreateContainer>(&action.work);
    if (work && work->name == name) return *work;
  }
  FAIL("no container " << name << " is created:\n" << lines(plan));
  std::abort();
}

}  // namespace

TEST_CASE("a container before the start takes over what the service says, but its volumes and what orchestrates it") {
  const auto read = stack::read_text(
      stack::one_service("user: svc\nenvironment: [COMMON=a, OWN=a]\ncap_add: [ALL]\nvolumes: [/data]\n"
                         "ports: [\"80\"]\nrestart: always\n"
                         "pre_start: [{user: root, environment: {OWN: b}, cap_add: [KILL]}, {image: tool:2}]"));
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  const auto& first = read.service().pre_start.at(0);
  CHECK(first.image == "nginx:1");
  CHECK(first.user == "root");
  CHECK(*first.environment.find("COMMON") == "a");
  CHECK(*first.environment.find("OWN") == "b");
  CHECK(first.cap_add == std::vector<std::string>{"ALL", "KILL"});
  CHECK(first.volumes.empty());
  CHECK(first.ports.empty());
  CHECK_FALSE(first.restart);
  CHECK(read.service().pre_start.at(1).image == "tool:2");
  CHECK(read.service().pre_start.at(1).user == "svc");
}

TEST_CASE("the network of a container before the start is its own word, in either spelling") {
  const auto mode = stack::read_text(
      "services: {web: {image: x, networks: [n], pre_start: [{network_mode: none}]}}\nnetworks: {n: }\n");
  REQUIRE(mode.errors().empty());
  CHECK(mode.service().pre_start.at(0).networks.empty());
  const auto networks = stack::read_text(
      "services: {web: {image: x, network_mode: none, pre_start: [{networks: [n]}]}}\nnetworks: {n: }\n");
  REQUIRE(networks.errors().empty());
  CHECK_FALSE(networks.service().pre_start.at(0).network_mode);
}

TEST_CASE("mistakes in a container before the start are named at their place") {
  CHECK(says("pre_start: [{ports: [\"80\"]}]", "unknown key 'ports' in container"));
  CHECK(says("pre_start: [{per_replica: true}]", "stack.yaml:4:31: "));
  CHECK(says("pre_start: [{per_replica: true}]", "pre_start runs once for a service"));
  CHECK_FALSE(says("pre_start: [{per_replica: false}]", "pre_start"));
  CHECK(says("pre_start: [{networks: [gone]}]", "unknown network 'gone'"));
  CHECK(says("pre_start: [{volumes: [\"gone:/data\"]}]", "unknown volume 'gone'"));
  CHECK(says("pre_start: [{secrets: [gone]}]", "unknown secret 'gone'"));
  CHECK(says("pre_start: [{configs: [gone]}]", "unknown config 'gone'"));
  CHECK(says("pre_start: [{image: \"A B\"}]", "A B"));
  CHECK(says("pre_start: [{network_mode: \"service:gone\"}]", "unknown service 'gone' in network_mode"));
  CHECK(says("pre_start: {command: a}", "expected a list"));
  CHECK(says("pre_start: [{models: [m]}]", "'models' of Compose is not supported"));
}

TEST_CASE("a file that is rendered keeps its containers before the start as they are written") {
  const auto read = stack::read_text(stack::one_service("environment: {A: b}\npre_start: [{command: \"${X}\"}]"),
                                     declare::Mode::verbatim);
  REQUIRE(read.errors().empty());
  CHECK(read.service().pre_start.at(0).environment.empty());
}

TEST_CASE("the containers of pre_start run one after the other before the first start") {
  CHECK(up(web(steps + ", depends_on: [db]}\n  db: {image: \"db:1\""), idle(), {.wait = Wait::none}) ==
        "0 db: create container shop-db-1 (new)\n"
        "1 web: create container shop-web-1 (new)\n"
        "2 db: start container shop-db-1 ← 0\n"
        "3 web: create container shop-web-pre_start-0 (pre_start[0]) ← 1,2\n"
        "4 web: run pre_start[0] in container shop-web-pre_start-0 ← 3\n"
        "5 web: create container shop-web-pre_start-1 (pre_start[1]) ← 4\n"
        "6 web: run pre_start[1] in container shop-web-pre_start-1 ← 5\n"
        "7 web: start container shop-web-1 ← 1,2,6\n");
}

TEST_CASE("pre_start runs while none of the service's containers runs") {
  const auto project = web(steps);
  const auto exited = with_containers(project, {"exited"});
  CHECK(runs(project, idle()) == both_and_web);
  CHECK(runs(project, exited) == both_and_web);
  CHECK(runs(project, with_containers(project, {"created"})) == both_and_web);
  CHECK(runs(project, with_containers(project, {"running"})).empty());
  CHECK(runs(project, with_containers(project, {"running"}), {.force_recreate = true}).size() == 3);
  CHECK(runs(project, with_containers(project, {"running"}), {.scale = {{"web", 2}}}) == Runs{"shop-web-2"});
  CHECK(runs(project, with_containers(project, {"paused"})) == Runs{"shop-web-1"});
  CHECK(runs(project, idle(), {.scale = {{"web", 2}}}) ==
        Runs{"pre_start[0]", "pre_start[1]", "shop-web-1", "shop-web-2"});
  CHECK(runs(project, idle(), {.scale = {{"web", 0}}}).empty());
  CHECK(runs(project, idle(), {.no_start = true}).empty());
}

TEST_CASE("a change of pre_start makes a new container, and its cause shows no values") {
  const auto before = web("pre_start: [{environment: {PASSWORD: hush}}]");
  const auto after = web("pre_start: [{environment: {PASSWORD: other}}]");
  CHECK(before.services.front().hash != after.services.front().hash);
  const auto text = up(after, with_containers(before, {"running"}));
  INFO(text);
  CHECK(text.find("(pre_start changed)") != std::string::npos);
  CHECK(text.find("hush") == std::string::npos);
  CHECK(text.find("other") == std::string::npos);
  const auto added = up(after, with_containers(web("init: true"), {"running"}));
  INFO(added);
  CHECK(added.find("pre_start added") != std::string::npos);
  CHECK(added.find("other") == std::string::npos);
  const auto& model = after.services.front().model;
  const auto label = write_record(after, model, "salt");
  CHECK(label.find("other") == std::string::npos);
  CHECK(is_unchanged(label, model));
  CHECK_FALSE(is_unchanged(label, before.services.front().model));
}

TEST_CASE("what an earlier run has left of pre_start goes before the next one, and stays while the service runs") {
  const auto project = web(steps);
  auto observed = with_containers(project, {"created"});
  observed.containers.push_back(failed_step());
  const auto text = up(project, observed);
  INFO(text);
  CHECK(
      text.starts_with("0 web: remove container shop-web-pre_start-0 (left by an earlier run)\n"
                       "1 web: create container shop-web-pre_start-0 (pre_start[0]) ← 0\n"));
  auto running = with_containers(project, {"running"});
  running.containers.push_back(failed_step());
  const auto plan = plan_up(project, running, {});
  REQUIRE(plan);
  CHECK_FALSE(plan->changes);
  const auto none = up(project, observed, {.scale = {{"web", 0}}});
  INFO(none);
  CHECK(none.find("remove container shop-web-pre_start-0") != std::string::npos);
}

TEST_CASE("a container before the start has the labels of docker compose and the volumes of the service's container") {
  const auto project = web("volumes: [/data], environment: {A: b}, labels: {team: x}, " + steps);
  const auto plan = plan_up(project, idle(), {});
  REQUIRE(plan);
  const auto& work = created(*plan, "shop-web-pre_start-1");
  CHECK(work.service == "web");
  CHECK(work.body["Image"] == "tool:2");
  CHECK(work.body["Cmd"] == Json{"two"});
  CHECK(work.body["Env"] == Json{"A=b"});
  CHECK(work.body["HostConfig"]["VolumesFrom"] == Json{"shop-web-1"});
  CHECK_FALSE(work.body["HostConfig"].contains("Mounts"));
  CHECK(work.body["HostConfig"]["RestartPolicy"]["Name"] == "no");
  CHECK(work.body["HostConfig"]["NetworkMode"] == "shop_default");
  auto labels = work.body["Labels"];
  labels.erase("com.docker.compose.project.working_dir");
  labels.erase("com.docker.compose.project.config_files");
  CHECK(labels == Json{{"team", "x"},
                       {"com.docker.compose.project", "shop"},
                       {"com.docker.compose.service", "web"},
                       {"com.docker.compose.oneoff", "True"},
                       {"com.docker.compose.hook", "pre_start"},
                       {"com.docker.compose.hook-index", "1"}});
}

TEST_CASE("a container that replaces another before that stops has pre_start run with its own volumes") {
  const std::string first = "deploy: {update_config: {order: start-first}}, pre_start: [{command: [one]}], ";
  const auto plan = plan_up(web(first + "init: true"), with_containers(web(first + "init: false"), {"running"}),
                            {.wait = Wait::none});
  REQUIRE(plan);
  CHECK(created(*plan, "shop-web-pre_start-0").body["HostConfig"]["VolumesFrom"] == Json{"shop-web-1-next"});
}

TEST_CASE("secrets that pre_start has in common with its service are in the service's volumes, others in its own") {
  const std::string secrets = "}\nsecrets: {pw: {file: pw}}\nx-end: {";
  const auto common = plan_up(web("secrets: [pw], pre_start: [{}]" + secrets), idle(), {});
  REQUIRE(common);
  CHECK_FALSE(created(*common, "shop-web-pre_start-0").body["HostConfig"].contains("Mounts"));
  const auto own = plan_up(web("pre_start: [{secrets: [pw]}]" + secrets), idle(), {.wait = Wait::none});
  REQUIRE(own);
  const auto& mounts = created(*own, "shop-web-pre_start-0").body["HostConfig"]["Mounts"];
  REQUIRE(mounts.size() == 1);
  const auto volume = mounts[0]["Source"].get<std::string>();
  CHECK(volume.starts_with("shop_web-pre_start-0-secrets-"));
  const auto text = lines(*own);
  INFO(text);
  CHECK(text.find("remove volume " + volume + " (pre_start is done)") != std::string::npos);
}

TEST_CASE("start runs pre_start again, restart and run do not") {
  const auto project = web("pre_start: [{command: [one]}]");
  const auto exited = with_containers(project, {"exited", "exited"});
  const auto start = plan_start({project, exited.containers});
  REQUIRE(start);
  CHECK(lines(*start) ==
        "0 web: create container shop-web-pre_start-0\n"
        "1 web: run pre_start[0] in container shop-web-pre_start-0 ← 0\n"
        "2 web: start container shop-web-1 ← 1\n"
        "3 web: start container shop-web-2 ← 1\n");
  CHECK(created(*start, "shop-web-pre_start-0").body["HostConfig"]["VolumesFrom"] == Json{"shop-web-1"});
  const auto one_runs = with_containers(project, {"running", "exited"});
  CHECK(lines(*plan_start({project, one_runs.containers})) == "0 web: start container shop-web-2\n");
  const auto running = with_containers(project, {"running"});
  CHECK(lines(*plan_restart({project, running.containers}, false)).find("pre_start") == std::string::npos);
  OneOffOptions once;
  once.service = "web";
  once.name = "shop-web-run-1";
  const auto run = plan_one_off(project, idle(), once);
  REQUIRE(run);
  CHECK(lines(*run).find("pre_start") == std::string::npos);
  const auto secret = web("pre_start: [{secrets: [pw]}]}\nsecrets: {pw: {file: pw}}\nx-end: {");
  const auto refused = plan_start({secret, with_containers(secret, {"exited"}).containers});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "web: pre_start[0] has secrets of its own, which only saasctl up hands out");
}

TEST_CASE("down removes what pre_start has left, before the service's container") {
  const auto project = web(steps);
  auto observed = with_containers(project, {"created"});
  observed.containers.push_back(failed_step());
  const auto text = lines(plan_down(project, observed, {}));
  CHECK(text ==
        "0 web: remove container shop-web-pre_start-0\n"
        "1 web: remove container shop-web-1 ← 0\n"
        "2 remove network shop_default ← 1,0\n");
  CHECK(lines(plan_down(project, observed, {.services = {"web"}})).find("pre_start") != std::string::npos);
  CHECK(lines(plan_down(project, observed, {.services = {"other"}})).find("pre_start") == std::string::npos);
}

TEST_CASE("the way back keeps a container of pre_start that has failed") {
  const auto project = web(steps);
  const auto before = with_containers(project, {"running"});
  auto now = before;
  now.containers.push_back(failed_step());
  CHECK_FALSE(plan_rollback(before, now).changes);
  now.containers.back().state = "created";
  CHECK(plan_rollback(before, now).changes);
}

TEST_CASE("an image of pre_start alone is fetched, and missed where it cannot be") {
  const auto project = web("pull_policy: build, build: ., " + steps);
  auto observed = idle();
  observed.images.erase("tool:2");
  CHECK(up(project, observed) == "web: there is no image tool:2\n");
  const auto text = up(project, observed, {.wait = Wait::none, .plan_images = true});
  INFO(text);
  CHECK(text.starts_with("0 pull image tool:2 (not on the engine)\n"));
}

}  // namespace saasctl::pre_start_test
