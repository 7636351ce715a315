// The plans of changes: numbers, orders, hooks, orphans, anonymous volumes, the way back; and a plan as it is shown.
#include "golden.hpp"
#include "plan/describe.hpp"
#include "planned.hpp"

namespace saasctl::plan_change_test {

using namespace saasctl::plan;
using namespace saasctl::test;

namespace {

// One service `web` of these keys.
project::Project web(const std::string& keys) {
  return load_shop("name: shop\nservices:\n  web: {image: \"web:1\"" + (keys.empty() ? "" : ", " + keys) + "}\n");
}

// The engine with these containers of web, made from `project`.
ObservedState with_numbers(const project::Project& project, const std::vector<unsigned>& numbers) {
  auto observed = images_only();
  const auto& service = project.services.front();
  for (const auto number : numbers) {
    auto name = "shop-web-" + std::to_string(number);
    observed.containers.push_back(
        {"id-" + name, name, "web", "running", "sha256:web", service.hash, service.model.dump()});
    observed.containers.back().number = number;
  }
  observed.networks = {{"shop_default", "n1"}};
  observed.project_networks = {"shop_default"};
  return observed;
}

std::string up(const project::Project& project, const ObservedState& observed, const UpOptions& options = {}) {
  const auto plan = plan_up(project, observed, options);
  if (!plan) return plan.error().message + "\n";
  std::string notes;
  for (const auto& note : plan->notes) notes += "note: " + note + "\n";
  return lines(*plan) + notes;
}

}  // namespace

TEST_CASE("the plans of changes to a running stack") {
  std::string text;
  const auto section = [&](const std::string& title, const std::string& plan) {
    text += "== " + title + "\n" + plan + "\n";
  };
  const auto plain = web("");
  section("more containers", up(plain, with_numbers(plain, {1}), {.scale = {{"web", 3}}}));
  section("fewer containers", up(plain, with_numbers(plain, {1, 2, 3}), {.scale = {{"web", 1}}}));
  section("none at all", up(plain, with_numbers(plain, {1, 2}), {.scale = {{"web", 0}}}));
  section("one of several is missing",
          up(web("deploy: {replicas: 3}"), with_numbers(web("deploy: {replicas: 3}"), {1, 3})));
  section("the first of several is missing, one is enough", up(plain, with_numbers(plain, {2})));
  section("several on one host port", up(web("ports: [\"80:80\"]"), with_numbers(plain, {}), {.scale = {{"web", 2}}}));

  const std::string first = "deploy: {update_config: {order: start-first}}";
  section("start-first", up(web(first + ", environment: {A: b}"), with_numbers(web(first), {1})));
  section("start-first with a fixed host port", up(web(first + ", ports: [\"80:80\"], environment: {A: b}"),
                                                   with_numbers(web(first + ", ports: [\"80:80\"]"), {1})));

  const std::string hooks = "post_start: [{command: [warm, up]}], pre_stop: [{command: [say, bye]}]";
  section("hooks at the first start", up(web(hooks), with_numbers(web(hooks), {})));
  section("hooks around a replacement", up(web(hooks + ", environment: {A: b}"), with_numbers(web(hooks), {1})));

  auto orphaned = with_numbers(plain, {1});
  orphaned.containers.push_back({"id-old", "shop-old-1", "old", "running", "sha256:old", "h", "{}"});
  section("an orphan", up(plain, orphaned));
  section("an orphan, to be removed", up(plain, orphaned, {.remove_orphans = true}));

  const auto debug = web("profiles: [debug]}\n  other: {image: \"web:1\"");
  auto profiled = with_numbers(plain, {1});
  section("a service of a profile that is not active", up(debug, profiled, {.remove_orphans = true}));

  section("no-recreate", up(web("environment: {A: b}"), with_numbers(plain, {1}), {.no_recreate = true}));
  section("no-start", up(plain, with_numbers(plain, {}), {.no_start = true}));

  auto anonymous = with_numbers(plain, {1});
  anonymous.containers.front().anonymous = {{std::string(64, 'a'), "/data"}};
  section("anonymous volumes renewed", up(plain, anonymous, {.force_recreate = true, .renew_anonymous_volumes = true}));

  const auto before = with_numbers(plain, {1});
  section("kept for a rollback", up(web("environment: {A: b}"), before, {.keep_replaced = true}));
  auto now = before;
  now.containers.front().name = "shop-web-1-old";
  now.containers.front().state = "exited";
  now.containers.push_back({"id-new", "shop-web-1", "web", "exited", "sha256:web", "h", "{}"});
  section("the rollback", lines(plan_rollback(before, now)));

  const auto shared = load_shop(
      replaced(replaced(two_services, "{back: }", "{back: {internal: true, ipam: {config: [{subnet: 10.9.0.0/24}]}}}"),
               "{data: }", "{data: {driver_opts: {type: tmpfs}}}"));
  auto diverged = running(shared);
  diverged.network_facts = {{"shop_back", {{"internal", "false"}, {"ipam.config[0].subnet", "10.8.0.0/24"}}}};
  diverged.volume_facts = {{"shop_data", {{"driver", "local"}}}};
  auto twice = running(shared);
  twice.duplicate_networks = {"0123456789ab"};
  twice.containers.back().state = "exited";
  section("a network that a killed run's late request made twice", up(shared, twice));
  section("networks and volumes that are not what the file says", up(shared, diverged));
  check_golden("plans_change.txt", text);
}

TEST_CASE("a plan as text, as JSON and as a drawing") {
  const auto before = load_shop(two_services);
  const auto after = load_shop(replaced(replaced(two_services, "128M", "256M"), "API_KEY: one", "API_KEY: two"));
  const auto plan = plan_up(after, running(before), {});
  REQUIRE(plan);
  check_golden("plan_shown.txt", "== text\n" + to_text(*plan) + "\n== dot\n" + to_dot(*plan) + "\n== mermaid\n" +
                                     to_mermaid(*plan) + "\n== JSON\n" + to_json(*plan, "shop").dump(2) + "\n");
}

namespace {

// db, and side, which says with these keys how it needs db.
project::Project pair(const std::string& keys, const std::string& db = "") {
  return load_shop("name: shop\nservices:\n  db: {image: \"db:1\"" + db + "}\n  side: {image: \"web:1\", " + keys +
                   "}\n");
}

ObservedState without_db(ObservedState observed) {
  std::erase_if(observed.containers, [](const auto& container) { return container.service == "db"; });
  return observed;
}

}  // namespace

TEST_CASE("the plans of services that need one another") {
  std::string text;
  const auto section = [&](const std::string& title, const std::string& plan) {
    text += "== " + title + "\n" + plan + "\n";
  };
  const auto shared = pair("network_mode: \"service:db\"");
  section("whose network it lives in has gone", up(shared, without_db(running(shared))));
  auto apart = running(shared);
  apart.networks["shop_default"] = "n2";
  for (auto& container : apart.containers) {
    if (container.service == "side") container.namespace_peers = {"id-of-an-earlier-one"};
  }
  section("it lives in the network of an earlier one", up(shared, apart));
  const auto restarted = pair("depends_on: {db: {condition: service_started, restart: true}}");
  auto there = running(restarted);
  there.networks["shop_default"] = "n2";
  section("restarted when what it depends on is new", up(restarted, without_db(there)));

  const std::string healthy = "depends_on: {db: {condition: service_healthy}}";
  auto unwatched = images_only();
  unwatched.images["db:1"].config = std::make_shared<const project::Json>(project::Json::object());
  section("healthy without a healthcheck", up(pair(healthy), unwatched));
  unwatched.images["db:1"].config =
      std::make_shared<const project::Json>(project::Json{{"Healthcheck", {{"Test", {"CMD", "true"}}}}});
  section("healthy by the image's healthcheck", up(pair(healthy), unwatched));
  section("a job that may fail",
          up(pair("depends_on: {db: {condition: service_completed_successfully, required: false}}"), images_only()));

  const auto two_networks =
      load_shop("name: shop\nservices:\n  web: {image: \"web:1\", networks: [a, b]}\nnetworks: {a: , b: }\n");
  auto made = running(two_networks);
  made.networks = {{"shop_a", "1"}, {"shop_b", "2"}};
  made.containers.front().state = "created";
  section("created and never started", up(two_networks, made));
  section("an external network",
          up(load_shop(
                 "name: shop\nservices:\n  web: {image: \"web:1\", networks: [a]}\nnetworks: {a: {external: true}}\n"),
             images_only()));
  section(
      "an external volume",
      up(load_shop(
             "name: shop\nservices:\n  web: {image: \"web:1\", volumes: [\"a:/a\"]}\nvolumes: {a: {external: true}}\n"),
         images_only()));
  section("secrets in two folders and in the container itself",
          up(load_shop("name: shop\nservices:\n  web: {image: \"web:1\", user: \"nobody:nogroup\", secrets: [pw, "
                       "{source: pw, target: /run/secrets/deep/pw, uid: "
                       "\"7\"}, {source: pw, target: /etc/pw}]}\nsecrets: {pw: {file: pw}}\n"),
             images_only()));
  check_golden("plans_needs.txt", text);
}

TEST_CASE("the owner of a secret that is named keeps it, also where the user is known by name only") {
  const auto project = load_shop(
      "name: shop\nservices:\n  web: {image: \"web:1\", user: \"nobody:nogroup\", secrets: [{source: pw, uid: "
      "\"65534\", mode: "
      "\"0400\"}, {source: pw, target: open}]}\nsecrets: {pw: {file: pw}}\n");
  const auto volumes = secret_volumes(project, *project.find("web"), {"sha256:web", ""}, {});
  REQUIRE(volumes.size() == 1);
  REQUIRE(volumes[0].files.size() == 2);
  CHECK(volumes[0].files[0].uid == "65534");
  CHECK(volumes[0].files[0].gid == "0");
  CHECK(volumes[0].files[0].mode == 0400);
  CHECK(volumes[0].files[1].uid == "0");
  CHECK(volumes[0].files[1].mode == 0444);
}

TEST_CASE("a container that takes the place of one beside it is told, not done in silence") {
  const auto plain = web("");
  auto observed = with_numbers(plain, {1});
  observed.containers.push_back(observed.containers.front());
  observed.containers.back().id = "id-next";
  observed.containers.back().name = "shop-web-1-next";
  const auto plan = plan_up(plain, observed, {});
  REQUIRE(plan);
  CHECK(plan->changes);
  CHECK(to_text(*plan) == "web: remove: left by an earlier run\n");
}

}  // namespace saasctl::plan_change_test
