#include "golden.hpp"
#include "plan/model_diff.hpp"
#include "planned.hpp"

namespace saasctl::plan_test {

using namespace saasctl::plan;
using namespace saasctl::test;
using project::Files;
using project::ProjectFiles;

namespace {

std::string up(const project::Project& project, const ObservedState& observed, const UpOptions& options = {}) {
  const auto plan = plan_up(project, observed, options);
  return plan ? lines(*plan) : plan.error().message + "\n";
}

}  // namespace

TEST_CASE("the plans of a small stack") {
  const auto project = load_shop(two_services);
  const auto there = running(project);
  std::string text;
  const auto section = [&](const std::string& title, const std::string& plan) {
    text += "== " + title + "\n" + plan + "\n";
  };
  section("first up", up(project, images_only()));
  section("nothing to do", up(project, there));
  section("nothing to do, and nobody waits", up(project, there, {.wait = Wait::none}));
  section("only the database", up(project, images_only(), {.services = {"db"}}));
  section("a field has changed", up(load_shop(replaced(two_services, "128M", "256M")), there));
  section("a variable has changed", up(load_shop(replaced(two_services, "LEVEL: info", "LEVEL: debug")), there));
  section("a key in the environment has changed",
          up(load_shop(replaced(two_services, "API_KEY: one", "API_KEY: two")), there));
  section("a secret has changed", up(load_shop(two_services, "another"), there));
  section("a dependency that restarts its dependant",
          up(load_shop(replaced(replaced(two_services, "128M", "256M"), "service_healthy}",
                                "service_healthy, restart: true}")),
             there));
  section("by force", up(project, there, {.force_recreate = true, .wait = Wait::engine}));
  auto changed = there;
  changed.images["web:1"].id = "sha256:other";
  section("another image", up(project, changed));
  changed = there;
  changed.containers[1].state = "exited";
  section("stopped", up(project, changed));
  changed.containers[1].state = "paused";
  section("paused", up(project, changed));
  changed.containers[1].state = "dead";
  section("dead", up(project, changed));
  changed = there;
  changed.containers[1].hash = changed.containers[1].model = "";
  section("made by another tool", up(project, changed));
  changed = there;
  changed.containers.push_back({"h", "shop-db-1-secrets", "db", "created", "", "", "", true});
  changed.secret_volumes.push_back("shop_db-secrets-00000000");
  section("what an interrupted run left", up(project, changed));
  changed = there;
  changed.images.erase("web:1");
  section("an image is missing", up(project, changed));
  section("recreate", lines(*plan_recreate(project, there, "db")));
  section("down", lines(plan_down(project, there, {})));
  changed = there;
  changed.containers.push_back({"o", "shop-old-1", "old", "exited", "", "", ""});
  section("down with volumes and a service that is no more", lines(plan_down(project, changed, {true, false, {}})));
  section("down with orphans", lines(plan_down(project, changed, {false, true, {}})));
  changed.containers[0].networks = {"shop_back"};
  changed.containers[0].volumes = {"shop_data"};
  section("down with volumes of one service", lines(plan_down(project, changed, {true, false, {"web"}})));
  check_golden("plans.txt", text);
}

TEST_CASE("the body of a container has everything that its service says") {
  const ProjectFiles files(Files{{"stack.yaml", R"(name: shop
services:
  db: {image: db}
  web:
    image: web:1
    entrypoint: [/run]
    command: serve --fast
    user: "10001:10002"
    working_dir: /w
    hostname: h
    tty: true
    stdin_open: true
    stop_signal: SIGINT
    stop_grace_period: 1500ms
    environment: {B: 2, A: "x=y", HOME: }
    expose: [3000, 4000-4001/udp]
    ports: ["127.0.0.1:8080:80", "81", "53:53/udp"]
    healthcheck: {test: curl -f http://localhost, interval: 2s, timeout: 3s, start_period: 10s, retries: 5}
    deploy: {resources: {limits: {cpus: 0.29, memory: 64M, pids: 100}, reservations: {memory: 32M}}}
    shm_size: 1m
    ulimits: {nofile: {soft: 10, hard: 20}, nproc: 5}
    restart: on-failure:5
    logging: {driver: local, options: {max-size: 1m}}
    read_only: true
    privileged: false
    init: true
    cap_add: [NET_BIND_SERVICE]
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    group_add: [audio]
    sysctls: {net.core.somaxconn: 1024}
    dns: 1.1.1.1
    extra_hosts: ["a:10.0.0.1"]
    labels: {own: label}
    volumes: ["data:/data", "/srv:/srv:ro", {type: tmpfs, target: /mem}, /anonymous]
    tmpfs: [/tmp, "/run:size=1m"]
    secrets: [pw, {source: pw, target: /etc/app/pw, uid: "5", gid: "6", mode: 0440}]
    configs: [{source: c, target: /etc/c}]
    networks: {front: {aliases: [www]}, back: {ipv4_address: 10.1.0.5}}
    depends_on: {db: {condition: service_started}}
networks: {front: , back: {name: shared, external: true}}
volumes: {data: {name: elsewhere}}
secrets: {pw: {file: /nonexistent/pw}}
configs: {c: {file: /srv/c}}
)"}});
  const auto project = files.project({{"HOME", "/root"}});
  const auto& service = *project.find("web");
  const auto secrets = secret_volumes(project, service, {"sha256:x", ""}, {});
  auto made = container_body(project, service, secrets, "salt");
  const auto folder = project.folder.string();
  std::string text = made.body.dump(2);
  for (const auto& [name, endpoint] : made.connect) text += "\n" + name + " " + endpoint.dump();
  for (const auto& volume : secrets) {
    for (const auto& file : volume.files)
      text +=
          "\n" + volume.name + " " + file.target + " " + file.uid + ":" + file.gid + " " + std::to_string(file.mode);
  }
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
    text.replace(at, folder.size(), "FOLDER");
  check_golden("container_body.txt", text + "\n");
}

TEST_CASE("a cause is one line, names at most four differences and shows no passwords") {
  const auto cause = [](const char* before, const char* now) {
    return cause_of_change(before, project::Json::parse(now)).text;
  };
  CHECK(cause("", "{}") == "made by another tool");
  CHECK(cause("{", "{}") == "its recorded model is unreadable");
  CHECK(cause("[]", "{}") == "its recorded model is unreadable");
  const auto deep = R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK(cause(deep.c_str(), "{}") == "its recorded model is unreadable");
  CHECK(cause(R"({"a":1,"b":{"c":"x"}})", R"({"b":{"c":"y"},"d":1})") == "a 1 removed, b.c x → y, d 1 added");
  CHECK(cause(R"({"a":1,"b":2})", R"({"b":2,"a":1})") == "order of keys");
  CHECK(cause(R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1})", R"({"a":2,"b":2,"c":2,"d":2,"e":2,"f":2})") ==
        "a 1 → 2, b 1 → 2, c 1 → 2, d 1 → 2, 2 more");
  CHECK(cause(R"({"a":"one\ntwo"})", R"({"a":""})") == R"(a "one\ntwo" → "")");
  CHECK(cause(R"({"environment":{"DB_PASSWORD":"a"}})", R"({"environment":{"DB_PASSWORD":"b"}})") ==
        "environment.DB_PASSWORD changed");
  CHECK(cause(R"({"environment":{"URL":"pg://u:secret@h"}})", R"({"environment":{"URL":"x"}})") ==
        "environment.URL changed");
  CHECK(cause(R"({"command":["a","pg://u:secret@h"]})", R"({"command":["a"]})") == "command changed");
  CHECK(cause(R"({"ports":[{"published":"80"},{"published":"1"}]})",
              R"({"ports":[{"published":"81"},{"published":"1"}]})") == "ports.published 80 → 81");
  CHECK(cause("{}", R"({"environment":{"A":"b"},"labels":{}})") == "environment.A b added, labels added");
  CHECK(cause(R"({"deploy":{"resources":{"limits":{"memory":"1M"}}}})", "{}") ==
        "deploy.resources.limits.memory 1M removed");
  const auto added = cause_of_change("{}", {{"environment", {{"DB_PASSWORD", "hidden"}}}});
  REQUIRE(added.changes.size() == 1);
  CHECK(added.changes[0].hidden);
  CHECK(added.changes[0].after == "");
  CHECK(cause(R"({"secrets":[{"target":"/s","digest":"a","mode":"0400"}]})",
              R"({"secrets":[{"target":"/s","digest":"b","mode":"0440"}]})") ==
        "secrets[/s] changed, secrets[/s].mode 0400 → 0440");
  CHECK(cause(R"({"labels":{"db.passwd":"a"},"command":["redis","--requirepass","a"]})",
              R"({"labels":{"db.passwd":"b"},"command":["redis","--requirepass","b"]})") ==
        "labels.db.passwd changed, command changed");
  CHECK(cause(R"({"cap_add":["A","B"],"ports":[{"target":"1"}]})",
              R"({"cap_add":["B","C"],"ports":[{"target":"1"},{"target":"2"}]})") ==
        "cap_add A removed, cap_add C added, ports[2] added");
  CHECK(cause(R"({"dns":["a","b"]})", R"({"dns":["b","a"]})") == R"(dns ["a","b"] → ["b","a"])");
  const std::string same(60, 's');
  CHECK(cause_of_change("{\"a\":\"" + same + "one\"}", {{"a", same + "two"}}).text ==
        "a …ssssssssssone → …sssssssssstwo");
  std::string accents;
  for (int i = 0; i < 30; ++i) accents += "\u00e9";
  const auto cut = cause_of_change("{\"a\":\"" + accents + "\"}", {{"a", "x"}}).text;
  CHECK(cut == "a " + accents.substr(0, 36) + "… → x");
}

}  // namespace saasctl::plan_test
