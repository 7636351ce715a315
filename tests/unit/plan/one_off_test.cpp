// The plan of `run`.
#include "plan/one_off.hpp"

#include <algorithm>

#include "plan/labels.hpp"
#include "project_files.hpp"

namespace saasctl::one_off_test {

using namespace saasctl::plan;

namespace {

const std::string two_services =
    "name: shop\nservices:\n"
    "  db: {image: 'db:1', volumes: ['data:/data'], networks: [back]}\n"
    "  web: {image: 'web:1', networks: {back: {aliases: [www]}}, ports: ['8080:80'], restart: always, command: "
    "[serve],\n"
    "    environment: {LEVEL: info, KEPT: one}, depends_on: {db: {condition: service_healthy}}}\n"
    "networks: {back: }\nvolumes: {data: }\n";

project::Project shop() {
  return project::ProjectFiles(project::Files{{"stack.yaml", two_services}}).project();
}

ObservedState images_only() {
  ObservedState observed;
  observed.images = {{"db:1", {"sha256:db", ""}}, {"web:1", {"sha256:web", ""}}};
  return observed;
}

std::vector<std::string> lines(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& action : plan.actions) {
    for (const auto before : action.after) CHECK(before < out.size());
    out.push_back(to_line(action));
  }
  return out;
}

const CreateContainer& created(const Plan& plan, std::string_view service) {
  const auto found = std::ranges::find_if(plan.actions, [&](const Action& action) {
    const auto* work = std::get_if<CreateContainer>(&action.work);
    return work != nullptr && work->service == service;
  });
  REQUIRE(found != plan.actions.end());
  return std::get<CreateContainer>(found->work);
}

template <typename Kind>
std::vector<std::string> services_of(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& action : plan.actions) {
    if (const auto* work = std::get_if<Kind>(&action.work)) out.push_back(work->service);
  }
  return out;
}

}  // namespace

TEST_CASE("run never lets the engine start its container again, whichever key asks for it") {
  for (const auto* keys :
       {"restart: always", "deploy: {restart_policy: {condition: any}}",
        "deploy: {restart_policy: {condition: on-failure, max_attempts: 3}, resources: {limits: {memory: 32M}}}"}) {
    INFO(keys);
    const auto text = std::string("name: shop\nservices:\n  web: {image: 'web:1', ") + keys + "}\n";
    const auto project = project::ProjectFiles(project::Files{{"stack.yaml", text}}).project();
    const auto plan = plan_one_off(project, images_only(), {.service = "web", .name = "shop-web-run-1"});
    REQUIRE(plan);
    CHECK(created(*plan, "web").body["HostConfig"]["RestartPolicy"] == project::Json{{"Name", "no"}});
  }
}

TEST_CASE("the secret volumes of a run are those that its container mounts, new or used by others already") {
  const std::string text =
      "name: shop\nservices:\n  db: {image: 'db:1', secrets: [pw]}\n"
      "  web: {image: 'web:1', secrets: [pw], volumes: ['data:/data', '/own'], depends_on: [db]}\n"
      "volumes: {data: }\nsecrets: {pw: {file: pw}}\n";
  const auto project = project::ProjectFiles(project::Files{{"stack.yaml", text}, {"pw", "password"}}).project();
  auto observed = images_only();
  const OneOffOptions options{.service = "web", .name = "shop-web-run-1"};
  const auto first = plan_one_off(project, observed, options);
  REQUIRE(first);
  const auto made = secret_volumes_of(*first, observed, "web");
  REQUIRE(made.size() == 1);
  CHECK(made.front().starts_with("shop_web-secrets-"));
  for (const auto& action : first->actions) {
    const auto* fill = std::get_if<FillSecrets>(&action.work);
    if (fill == nullptr || fill->service != "web") continue;
    observed.secret_volumes = {fill->volume};
    observed.secret_digests = {{fill->volume, fill->digest}};
    ObservedContainer web;
    web.id = "i";
    web.name = "shop-web-1";
    web.service = "web";
    web.state = "running";
    web.model = "{}";
    web.volumes = {fill->volume};
    observed.containers.push_back(std::move(web));
  }
  const auto second = plan_one_off(project, observed, options);
  REQUIRE(second);
  CHECK(services_of<FillSecrets>(*second) == std::vector<std::string>{"db"});
  CHECK(secret_volumes_of(*second, observed, "web") == made);
}

TEST_CASE("run brings the dependencies up and creates its own container without starting it") {
  const auto plan = plan_one_off(shop(), images_only(), {.service = "web", .name = "shop-web-run-1"});
  REQUIRE(plan);
  CHECK(lines(*plan).size() == plan->actions.size());
  CHECK(services_of<CreateContainer>(*plan) == std::vector<std::string>{"db", "web"});
  CHECK(services_of<StartContainer>(*plan) == std::vector<std::string>{"db"});
  CHECK(services_of<AwaitService>(*plan) == std::vector<std::string>{"db"});
  const auto& web = created(*plan, "web");
  CHECK(web.name == "shop-web-run-1");
  CHECK(web.body["Labels"][std::string(label::one_off)] == "True");
  CHECK(web.body["Labels"][std::string(label::service)] == "web");
  CHECK(web.body["HostConfig"]["RestartPolicy"]["Name"] == "no");
  CHECK_FALSE(web.body["HostConfig"].contains("PortBindings"));
  CHECK(web.body["Cmd"] == project::Json{"serve"});
  CHECK(web.body["NetworkingConfig"]["EndpointsConfig"]["shop_back"]["Aliases"] == project::Json{"shop-web-run-1"});
}

TEST_CASE("run leaves the service's own container alone") {
  const auto project = shop();
  auto observed = images_only();
  observed.containers.push_back({"1", "shop-web-1", "web", "running", "sha256:other", "old", "{}"});
  const auto plan = plan_one_off(project, observed, {.service = "web", .name = "n", .no_dependencies = true});
  REQUIRE(plan);
  CHECK(services_of<CreateContainer>(*plan) == std::vector<std::string>{"web"});
  CHECK(services_of<StopContainer>(*plan).empty());
  CHECK(services_of<RemoveContainer>(*plan).empty());
  CHECK(services_of<StartContainer>(*plan).empty());
}

TEST_CASE("what the command line says goes over the service") {
  OneOffOptions options{.service = "web", .name = "n"};
  options.command = {"sh", "-c", "x"};
  options.user = "7";
  options.working_dir = "/w";
  options.environment = {"LEVEL=debug", "NEW=2=3"};
  options.binds = {"/here:/there:ro"};
  options.ports = {*parse_published("127.0.0.1:90:91/udp")};
  options.labels = {{"a", "b"}};
  options.tty = options.input = options.remove_by_engine = true;
  const auto plan = plan_one_off(shop(), images_only(), options);
  REQUIRE(plan);
  const auto& body = created(*plan, "web").body;
  CHECK(body["Cmd"] == project::Json{"sh", "-c", "x"});
  CHECK(body["User"] == "7");
  CHECK(body["WorkingDir"] == "/w");
  auto environment = body["Env"].get<std::vector<std::string>>();
  std::ranges::sort(environment);
  CHECK(environment == std::vector<std::string>{"KEPT=one", "LEVEL=debug", "NEW=2=3"});
  CHECK(body["HostConfig"]["Binds"] == project::Json{"/here:/there:ro"});
  CHECK(body["HostConfig"]["PortBindings"].size() == 1);
  CHECK(body["HostConfig"]["PortBindings"]["91/udp"][0]["HostPort"] == "90");
  CHECK(body["HostConfig"]["AutoRemove"] == true);
  CHECK(body["Labels"]["a"] == "b");
  CHECK(body["Tty"] == true);
  CHECK(body["OpenStdin"] == true);
  CHECK(body["StdinOnce"] == true);

  options = {.service = "web", .name = "n", .entrypoint = std::vector<std::string>{"/bin/x"}, .service_ports = true};
  const auto entrypoint = plan_one_off(shop(), images_only(), options);
  REQUIRE(entrypoint);
  const auto& other = created(*entrypoint, "web").body;
  CHECK(other["Entrypoint"] == project::Json{"/bin/x"});
  CHECK(other["Cmd"].empty());
  CHECK(other["HostConfig"]["PortBindings"].contains("80/tcp"));
}

TEST_CASE("ports on the command line") {
  const auto port = [](std::string_view text) {
    const auto parsed = parse_published(text);
    return parsed ? parsed->host_ip.value_or("") + "|" + parsed->published.text + "|" + parsed->target.text + "|" +
                        parsed->protocol
                  : "error";
  };
  CHECK(port("80") == "||80|tcp");
  CHECK(port("8080:80/udp") == "|8080|80|udp");
  CHECK(port("127.0.0.1::80") == "127.0.0.1||80|tcp");
  CHECK(port("[::1]:8080:80") == "::1|8080|80|tcp");
  for (const auto* bad : {"", "x", "0", "65536", "80:", ":80", "80/x", "a:b:80", "::80"}) {
    INFO(bad);
    CHECK(port(bad) == "error");
  }
}

}  // namespace saasctl::one_off_test
