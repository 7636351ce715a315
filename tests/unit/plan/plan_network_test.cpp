// The plans of networks that the file has changed, of images that are missing, and of secrets that are still in use.
#include <algorithm>

#include "plan/describe.hpp"
#include "plan/drift.hpp"
#include "plan/renewal.hpp"
#include "plan/resource_body.hpp"
#include "planned.hpp"

namespace saasctl::plan_network_test {

using namespace saasctl::plan;
using namespace saasctl::test;
using project::Json;

namespace {

std::string subnet_file(const std::string& subnet) {
  return replaced(two_services, "{back: }", "{back: {ipam: {config: [{subnet: " + subnet + "}]}}}");
}

// The engine after `up` of `before`, seen by a command that has `now`: as execute::observe() fills it in.
ObservedState observed_for(const project::Project& before, const project::Project& now) {
  auto observed = running(before);
  const auto& network = before.networks.front();
  const auto body = network_body(before, network, "salt");
  observed.network_facts[network.name] = {{"driver", "bridge"}};
  observed.network_models[network.name] = body["Labels"]["saasctl.model"];
  if (!network_change(now.networks.front(), observed).text.empty()) observed.network_bodies[network.name] = body;
  for (auto& container : observed.containers) {
    container.networks = {network.name};
    container.network_ids = {{network.name, "n1"}};
  }
  return observed;
}

std::vector<std::string> lines_of(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& action : plan.actions) out.push_back(to_line(action));
  return out;
}

std::size_t place_of(const Plan& plan, const std::string& head) {
  const auto all = lines_of(plan);
  const auto found = std::ranges::find_if(all, [&](const auto& line) { return line.starts_with(head); });
  INFO(head << " is not in\n" << lines(plan));
  REQUIRE(found != all.end());
  return static_cast<std::size_t>(found - all.begin());
}

// Whether `later` waits for `earlier`, directly or through others.
bool waits_for(const Plan& plan, std::size_t later, std::size_t earlier) {
  return std::ranges::any_of(plan.actions[later].after,
                             [&](std::size_t before) { return before == earlier || waits_for(plan, before, earlier); });
}

}  // namespace

TEST_CASE("up: a changed network is recreated with its containers, which stop before and are created after") {
  const auto before = load_shop(subnet_file("10.8.0.0/24")), now = load_shop(subnet_file("10.9.0.0/24"));
  const auto plan = plan_up(now, observed_for(before, now), {});
  REQUIRE(plan);
  INFO(lines(*plan));
  CHECK(to_text(*plan).find("network shop_back: recreate: ipam.config[0].subnet 10.8.0.0/24 → 10.9.0.0/24\n") !=
        std::string::npos);
  CHECK(to_text(*plan).find("db: recreate: network shop_back is created again\n") != std::string::npos);
  const auto probe = place_of(*plan, "check that network shop_back can be created");
  const auto replace = place_of(*plan, "remove network shop_back and create it again");
  CHECK(plan->actions[probe].after.empty());
  for (const std::string service : {"db", "web"}) {
    const auto stop = place_of(*plan, service + ": stop container");
    CHECK(waits_for(*plan, stop, probe));
    CHECK(waits_for(*plan, replace, stop));
    CHECK(waits_for(*plan, place_of(*plan, service + ": create container"), replace));
  }
  CHECK(waits_for(*plan, place_of(*plan, "db: stop container"), place_of(*plan, "web: stop container")));
  CHECK(std::ranges::count_if(lines_of(*plan), [](const auto& line) { return line.starts_with("db: stop"); }) == 1);
}

TEST_CASE("up: an unchanged network stays, also where the engine writes its pools in another way") {
  const auto project = load_shop(subnet_file("10.8.0.7/24"));
  auto observed = observed_for(project, project);
  observed.network_facts["shop_back"]["ipam.config[0].subnet"] = "10.8.0.0/24";
  const auto plan = plan_up(project, observed, {});
  REQUIRE(plan);
  CHECK_FALSE(plan->changes);
  CHECK(plan->notes.empty());
}

TEST_CASE("up: what was removed from a network's keys is a change, too") {
  const auto before = load_shop(subnet_file("10.8.0.0/24")), now = load_shop(two_services);
  const auto plan = plan_up(now, observed_for(before, now), {});
  REQUIRE(plan);
  CHECK(to_text(*plan).find("network shop_back: recreate: ipam.config[0].subnet 10.8.0.0/24 removed\n") !=
        std::string::npos);
}

TEST_CASE("up web: a changed network takes along every service on it") {
  const auto before = load_shop(subnet_file("10.8.0.0/24")), now = load_shop(subnet_file("10.9.0.0/24"));
  const auto plan = plan_up(now, observed_for(before, now), {.services = {"web"}, .no_dependencies = true});
  REQUIRE(plan);
  place_of(*plan, "db: create container");
}

TEST_CASE("a changed network stays and is reported with --no-recreate, --no-start and for a single container") {
  const auto before = load_shop(subnet_file("10.8.0.0/24")), now = load_shop(subnet_file("10.9.0.0/24"));
  const auto observed = observed_for(before, now);
  for (const auto& options :
       {UpOptions{.no_recreate = true}, UpOptions{.no_start = true}, UpOptions{.keep_networks = true}}) {
    const auto plan = plan_up(now, observed, options);
    REQUIRE(plan);
    CHECK_FALSE(plan->changes);
    REQUIRE(plan->notes.size() == 1);
    CHECK(plan->notes[0] ==
          "network shop_back stays as it is and differs from the file: ipam.config[0].subnet "
          "10.8.0.0/24 → 10.9.0.0/24");
  }
}

TEST_CASE("a changed network is left alone while a container that up may not stop is attached to it") {
  const auto before = load_shop(subnet_file("10.8.0.0/24")), now = load_shop(subnet_file("10.9.0.0/24"));
  auto stranger = observed_for(before, now);
  stranger.attached["shop_back"] = {{"id-db", "shop-db-1"}, {"x", "somebody"}};
  const auto refused = plan_up(now, stranger, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(refused.error().message.find("somebody is attached to it, which does not belong to this project") !=
        std::string::npos);
  CHECK(refused.error().hint.find("docker network disconnect shop_back somebody") == 0);

  auto one_off = observed_for(before, now);
  one_off.containers.push_back({"r", "shop-web-run-1", "web", "running", "sha256:web", "", ""});
  one_off.containers.back().one_off = true;
  one_off.containers.back().networks = {"shop_back"};
  CHECK_FALSE(plan_up(now, one_off, {}));

  auto orphan = observed_for(before, now);
  orphan.containers.push_back({"o", "shop-old-1", "old", "running", "sha256:old", "", ""});
  orphan.containers.back().networks = {"shop_back"};
  CHECK_FALSE(plan_up(now, orphan, {}));
  CHECK(plan_up(now, orphan, {.remove_orphans = true}));
}

TEST_CASE("the probe of a network leaves out what cannot exist twice: overlapping pools and the bridge's name") {
  const auto body = [](const std::string& subnet) {
    return Json{{"Name", "n"},
                {"IPAM", {{"Config", {{{"Subnet", subnet}}}}}},
                {"Options", {{"com.docker.network.bridge.name", "br7"}, {"a", "b"}}}};
  };
  const auto apart = probe_of(body("10.9.0.0/24"), body("10.8.0.0/24"));
  CHECK(apart.body["Name"] == "n-saasctl-probe");
  CHECK(apart.body.contains("IPAM"));
  CHECK(apart.body["Options"] == Json{{"a", "b"}});
  CHECK_FALSE(probe_of(body("10.8.0.0/16"), body("10.8.7.0/24")).body.contains("IPAM"));
  CHECK_FALSE(probe_of(body("fd00::/8"), body("fd12::/64")).body.contains("IPAM"));
  CHECK(probe_of(body("fd12::/64"), body("fd13::/64")).body.contains("IPAM"));
}

TEST_CASE("a stopped container whose network was created again by somebody else is recreated") {
  const auto project = load_shop(two_services);
  auto observed = observed_for(project, project);
  observed.networks["shop_back"] = "n2";
  observed.containers.front().state = "exited";
  const auto plan = plan_up(project, observed, {});
  REQUIRE(plan);
  CHECK(to_text(*plan).find("db: recreate: its network shop_back was created again\n") != std::string::npos);
}

TEST_CASE("plan: a missing image is pulled or built as an action, before what needs it") {
  const auto project = load_shop(
      "name: shop\nservices:\n  own: {build: ., secrets: [pw]}\n  other: {image: \"web:1\"}\n"
      "  both: {image: \"both:1\", build: .}\nsecrets: {pw: {file: pw}}\n");
  CHECK_FALSE(plan_up(project, {}, {}));
  const auto plan = plan_up(project, {}, {.plan_images = true});
  REQUIRE(plan);
  INFO(lines(*plan));
  const auto built = place_of(*plan, "build image shop-own (never built)");
  const auto pulled = place_of(*plan, "pull image web:1 (not on the engine)");
  place_of(*plan, "pull image both:1 (not on the engine; built here if it cannot be pulled)");
  CHECK(waits_for(*plan, place_of(*plan, "own: create container"), built));
  CHECK(waits_for(*plan, place_of(*plan, "own: write 1 secret"), built));
  CHECK(waits_for(*plan, place_of(*plan, "other: create container"), pulled));
  CHECK(to_text(*plan).find("image shop-own: build: never built\n") != std::string::npos);
  CHECK(to_json(*plan, "shop")["actions"][built]["action"] == "build_image");
  CHECK(to_dot(*plan).find("build image shop-own (never built)") != std::string::npos);
}

TEST_CASE("plan: an image that may be neither pulled nor built stays an error") {
  const auto project = load_shop("name: shop\nservices:\n  web: {image: \"web:1\", pull_policy: never}\n");
  CHECK_FALSE(plan_up(project, {}, {.plan_images = true}));
}

TEST_CASE("up: --no-recreate keeps the secrets of a container that stays") {
  const auto before = load_shop(two_services);
  const auto plan = plan_up(load_shop(two_services, "another"), running(before), {.no_recreate = true});
  REQUIRE(plan);
  INFO(lines(*plan));
  CHECK_FALSE(plan->changes);
}

TEST_CASE("a secret's volume that no container mounts goes, also when only another service is brought up") {
  const auto project = load_shop(two_services);
  auto observed = running(project);
  observed.secret_volumes.push_back("shop_db-secrets-00000000");
  const auto plan = plan_up(project, observed, {.services = {"web"}, .no_dependencies = true});
  REQUIRE(plan);
  CHECK(to_text(*plan).find("volume shop_db-secrets-00000000: remove: no container uses its secrets\n") == 0);
}

TEST_CASE("a new container uses the filled volume of an unchanged secret, another secret gets a volume of its own") {
  const auto before = load_shop(two_services);
  const auto text = replaced(two_services, "128M", "256M");
  const auto same = plan_up(load_shop(text), running(before), {});
  REQUIRE(same);
  CHECK(lines(*same).find("write 1 secret") == std::string::npos);
  CHECK(lines(*same).find("remove volume") == std::string::npos);
  const auto changed = plan_up(load_shop(text, "another"), running(before), {});
  REQUIRE(changed);
  CHECK(waits_for(*changed, place_of(*changed, "db: create container"), place_of(*changed, "db: write 1 secret")));
  CHECK(waits_for(*changed, place_of(*changed, "remove volume"), place_of(*changed, "db: remove container")));
}

TEST_CASE("up: --force-recreate leaves alone what this command itself has created before it planned again") {
  const auto project = load_shop(two_services);
  const auto plan = plan_up(project, running(project), {.force_recreate = true, .made = {"id-db", "id-web"}});
  REQUIRE(plan);
  CHECK_FALSE(plan->changes);
}

TEST_CASE("the way back from a failed up removes the secrets that it wrote and restores a replaced network") {
  const auto before = load_shop(subnet_file("10.8.0.0/24")), now = load_shop(subnet_file("10.9.0.0/24"));
  const auto then = observed_for(before, now);
  auto since = then;
  since.networks["shop_back"] = "n2";
  since.secret_volumes.push_back("shop_db-secrets-new");
  for (auto& container : since.containers) container.state = "exited";
  const auto plan = plan_rollback(then, since);
  INFO(lines(plan));
  const auto restored = place_of(plan, "remove network shop_back and create it again (rolled back)");
  const auto attached = place_of(plan, "db: attach container shop-db-1 to network shop_back again");
  CHECK(waits_for(plan, attached, restored));
  CHECK(waits_for(plan, place_of(plan, "db: start container"), attached));
  place_of(plan, "remove volume shop_db-secrets-new (rolled back)");
}

namespace {

std::string bridge_file(const std::string& networks) {
  return "name: shop\nservices:\n"
         "  db: {image: \"db:1\", networks: [one]}\n"
         "  web: {image: \"web:1\", networks: [one, two]}\n"
         "networks:\n" +
         networks;
}

std::string named_bridge(const std::string& network, const std::string& bridge) {
  return "  " + network + ":\n    driver_opts:\n      com.docker.network.bridge.name: " + bridge + "\n";
}

std::string refusal_of(const std::string& networks, const ObservedState& observed, const UpOptions& options = {}) {
  const auto plan = plan_up(load_shop(bridge_file(networks)), observed, options);
  if (plan) return "";
  CHECK(plan.error().kind == ErrorKind::usage);
  return plan.error().message;
}

}  // namespace

TEST_CASE("a network that names the interface of another network is refused at its line") {
  auto observed = images_only();
  observed.networks = {{"bridge", "b"}, {"other", "o"}};
  observed.bridges = {{"docker0", {"bridge"}}, {"br-other", {"other"}}, {"br0", {"bridge"}}};
  const auto two = named_bridge("two", "br-two");
  CHECK(refusal_of(named_bridge("one", "br-one") + two, observed).empty());
  const auto engines = refusal_of(named_bridge("one", "docker0") + two, observed);
  INFO(engines);
  CHECK(engines.find("stack.yaml:8:7: error: network 'one' cannot have the interface docker0: it belongs to the "
                     "engine's default network\n") != std::string::npos);
  // Also where the engine tells of no such network.
  CHECK_FALSE(refusal_of(named_bridge("one", "docker0") + two, images_only()).empty());
  CHECK(refusal_of(named_bridge("one", "br0") + two, observed).find("it belongs to network bridge\n") !=
        std::string::npos);
  const auto both = refusal_of(named_bridge("one", "br-other") + named_bridge("two", "docker0"), observed);
  CHECK(both.find("stack.yaml:8:7: error: network 'one' cannot have the interface br-other: it belongs to network "
                  "other\n") != std::string::npos);
  CHECK(both.find("stack.yaml:11:7: error: ") != std::string::npos);
}

TEST_CASE("two networks of a file cannot name one interface, and one that no service uses is not checked") {
  const auto observed = images_only();
  const auto twice = refusal_of(named_bridge("one", "br-x") + named_bridge("two", "br-x"), observed);
  INFO(twice);
  CHECK(twice.find("stack.yaml:11:7: error: network 'two' cannot have the interface br-x: it belongs to network 'one' "
                   "(") != std::string::npos);
  CHECK(twice.find("stack.yaml:8:7)\n") != std::string::npos);
  const auto unused = "  one:\n  two:\n" + named_bridge("three", "docker0");
  CHECK(refusal_of(unused, observed).empty());
  CHECK(refusal_of(named_bridge("one", "br-x") + named_bridge("two", "docker0"), observed,
                   {.services = {"db"}, .no_dependencies = true})
            .empty());
}

TEST_CASE("a network keeps the interface that it has already, and a network that stays is not checked") {
  auto observed = images_only();
  observed.networks = {{"shop_one", "1"}, {"other", "o"}};
  observed.bridges = {{"br-one", {"shop_one"}}, {"br-other", {"other"}}};
  CHECK(refusal_of(named_bridge("one", "br-one") + "  two:\n", observed).empty());
  const auto changed = named_bridge("one", "br-other") + "  two:\n";
  CHECK_FALSE(refusal_of(changed, observed).empty());
  CHECK(refusal_of(changed, observed, {.no_recreate = true}).empty());
  CHECK(refusal_of("  one: {external: true, name: shop_one}\n  two:\n", observed).empty());
}

TEST_CASE("anonymous volumes get the labels of the project, whether the file or the image asks for them") {
  const auto project = load_shop(
      "name: shop\nservices:\n  web: {image: \"web:1\", volumes: [/cache, \"data:/data\"]}\nvolumes: {data: }\n");
  auto observed = images_only();
  observed.images["web:1"].config = std::make_shared<const Json>(
      Json{{"Volumes", {{"/data", Json::object()}, {"/cache/", Json::object()}, {"/own", Json::object()}}}});
  const auto plan = plan_up(project, observed, {});
  REQUIRE(plan);
  const auto& create = std::get<CreateContainer>(plan->actions[place_of(*plan, "web: create container")].work);
  std::map<std::string, bool> labelled;
  for (const auto& mount : create.body["HostConfig"]["Mounts"]) {
    const auto options = mount.value("VolumeOptions", Json::object());
    labelled[mount["Target"]] =
        options.value("Labels", Json::object()).value("com.docker.compose.project", "") == "shop";
  }
  CHECK(labelled == std::map<std::string, bool>{{"/cache", true}, {"/data", false}, {"/own", true}});
}

}  // namespace saasctl::plan_network_test
