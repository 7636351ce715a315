#include "plan/foreign_diff.hpp"

#include <functional>

#include "project_files.hpp"

namespace saasctl::adopt_test {

using namespace saasctl::plan;
using project::Json;

namespace {

constexpr auto stack_file = "name: shop\nservices:\n  web: {image: \"web:1\", command: [sleep, \"9\"]}\n";

// What an engine says of the container that docker compose 2.26 makes of this file.
Json made_by_compose() {
  return Json::parse(R"({
    "Id": "0a1b2c3d4e5f6789", "Name": "/shop-web-1",
    "Config": {"Hostname": "0a1b2c3d4e5f", "Domainname": "", "User": "", "Tty": false, "OpenStdin": false, "Env": ["PATH=/bin"],
      "Cmd": ["sleep", "9"], "WorkingDir": "", "Entrypoint": null,
      "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}},
    "HostConfig": {"Binds": null, "ContainerIDFile": "", "LogConfig": {"Type": "json-file", "Config": null},
      "NetworkMode": "shop_default", "PortBindings": {}, "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
      "VolumeDriver": "", "CapAdd": null, "Dns": null, "ExtraHosts": [], "OomScoreAdj": 0, "ShmSize": 67108864,
      "CpusetCpus": "", "CpusetMems": "", "CpuShares": 0, "Memory": 0, "PidsLimit": null, "Ulimits": null},
    "Mounts": [],
    "NetworkSettings": {"Networks": {"shop_default": {"Aliases": ["shop-web-1", "web", "0a1b2c3d4e5f"]}}}
  })");
}

std::vector<Change> changes_of(Json inspected, const std::string& text = stack_file) {
  const project::ProjectFiles files(project::Files{{"stack.yaml", text}});
  const auto project = files.project();
  ObservedState observed;
  observed.images["web:1"] = {"sha256:web", "", std::make_shared<const Json>(Json{{"Env", {"PATH=/bin"}}})};
  ObservedContainer container{"id", "shop-web-1", "web", "running", "sha256:web", "", ""};
  container.inspected = std::make_shared<const Json>(std::move(inspected));
  Replica instance;
  instance.service = &project.services.front();
  instance.name = "shop-web-1";
  return differences(project, instance, container, observed);
}

}  // namespace

TEST_CASE("a container that docker compose made of the same file is taken over") {
  CHECK(changes_of(made_by_compose()).empty());
}

TEST_CASE("a container of docker compose that differs says in what") {
  const auto cause = [](const std::function<void(Json&)>& change) {
    auto inspected = made_by_compose();
    change(inspected);
    return to_text(changes_of(std::move(inspected)));
  };
  CHECK(cause([](Json& c) { c["HostConfig"]["CpusetCpus"] = "0"; }) == "cpuset 0 removed");
  CHECK(cause([](Json& c) { c["HostConfig"]["Memory"] = 128 << 20; }) == "deploy.resources.limits.memory 128M removed");
  CHECK(cause([](Json& c) { c["HostConfig"]["PidMode"] = "host"; }) == "pid host removed");
  CHECK(cause([](Json& c) { c["HostConfig"]["OomScoreAdj"] = 5; }) == "oom_score_adj 5 removed");
  CHECK(cause([](Json& c) { c["HostConfig"]["Tmpfs"] = {{"/mem", "size=1m"}}; }) == "tmpfs./mem removed");
  CHECK(cause([](Json& c) {
          c["HostConfig"]["LogConfig"]["Config"] = {{"max-size", "1m"}};
        }) == "logging.options.max-size 1m removed");
  CHECK(cause([](Json& c) { c["Config"]["Hostname"] = "web"; }) == "hostname web removed");
  CHECK(cause([](Json& c) { c["Config"]["ExposedPorts"] = {{"80/tcp", Json::object()}}; }) == "expose 80/tcp removed");
  CHECK(cause([](Json& c) {
          c["Config"]["Healthcheck"] = {{"Test", {"CMD", "true"}}, {"Interval", 5'000'000'000}};
        }) == "healthcheck.interval 5s removed, healthcheck.test removed");
  CHECK(cause([](Json& c) { c["Name"] = "/shop"; }) == "container_name shop → shop-web-1");
  CHECK(cause([](Json& c) {
          c["NetworkSettings"]["Networks"]["shop_default"]["IPAMConfig"] = {{"IPv4Address", "10.0.0.9"}};
        }) == "networks.shop_default.IPv4Address 10.0.0.9 removed");
  CHECK(cause([](Json& c) { c["NetworkSettings"]["Networks"]["shop_default"]["Aliases"].push_back("www"); }) ==
        "networks.shop_default.aliases www removed");
}

TEST_CASE("what an engine adds by itself is no difference") {
  auto inspected = made_by_compose();
  inspected["HostConfig"]["IpcMode"] = "private";
  inspected["HostConfig"]["MemorySwap"] = 0;
  auto& endpoint = inspected["NetworkSettings"]["Networks"]["shop_default"];
  endpoint["Links"] = {"shop-db-1:shop-db-1", "shop-db-1:db-1"};
  CHECK(changes_of(inspected).empty());
}

TEST_CASE("without a driver in the file the engine's own log driver is no difference, its options are") {
  const auto cause = [](const std::string& logging, const Json& there) {
    auto inspected = made_by_compose();
    inspected["HostConfig"]["LogConfig"] = there;
    auto text = std::string(stack_file);
    text.insert(text.rfind('}'), ", logging: " + logging);
    return to_text(changes_of(std::move(inspected), text));
  };
  const Json journal = {{"Type", "journald"}, {"Config", {{"tag", "a"}}}};
  CHECK(cause("{options: {tag: a}}", journal).empty());
  CHECK(cause("{options: {tag: b}}", journal) == "logging.options.tag a → b");
  CHECK(cause("{driver: journald, options: {tag: a}}", journal).empty());
  CHECK(cause("{driver: local, options: {tag: a}}", journal) == "logging.driver journald → local");
}

TEST_CASE("links in the host's configuration are compared where the networks are") {
  auto inspected = made_by_compose();
  inspected["HostConfig"]["Links"] = {"/shop-db-1:/shop-web-1/db"};
  CHECK(changes_of(inspected).empty());
}

}  // namespace saasctl::adopt_test
