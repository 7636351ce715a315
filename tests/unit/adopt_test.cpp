#include "plan/adopt.hpp"

#include "project_files.hpp"

using namespace saasctl;
using namespace saasctl::plan;
using project::Json;

namespace {

constexpr auto stack_file = "name: shop\nservices:\n  web: {image: \"web:1\", command: [sleep, \"9\"]}\n";

// What an engine says of the container that docker compose 2.26 makes of this file.
Json made_by_compose() {
  return Json::parse(R"({
    "Name": "/shop-web-1",
    "Config": {"Hostname": "0a", "Domainname": "", "User": "", "Tty": false, "OpenStdin": false, "Env": ["PATH=/bin"],
      "Cmd": ["sleep", "9"], "WorkingDir": "", "Entrypoint": null,
      "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}},
    "HostConfig": {"Binds": null, "ContainerIDFile": "", "LogConfig": {"Type": "json-file", "Config": null},
      "NetworkMode": "shop_default", "PortBindings": {}, "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
      "VolumeDriver": "", "CapAdd": null, "Dns": null, "ExtraHosts": [], "OomScoreAdj": 0, "ShmSize": 67108864,
      "CpusetCpus": "", "CpusetMems": "", "CpuShares": 0, "Memory": 0, "PidsLimit": null, "Ulimits": null},
    "Mounts": [],
    "NetworkSettings": {"Networks": {"shop_default": {"Aliases": ["shop-web-1", "web", "0a"]}}}
  })");
}

std::vector<Change> changes_of(Json inspected) {
  const project::ProjectFiles files(project::Files{{"stack.yaml", stack_file}});
  const auto project = files.project();
  Observed observed;
  observed.images["web:1"] = {"sha256:web", "", std::make_shared<const Json>(Json{{"Env", {"PATH=/bin"}}})};
  ObservedContainer container{"id", "shop-web-1", "web", "running", "sha256:web", "", ""};
  container.inspected = std::make_shared<const Json>(std::move(inspected));
  return differences(project, project.services.front(), container, observed);
}

}  // namespace

TEST_CASE("a container that docker compose made of the same file is taken over") {
  CHECK(changes_of(made_by_compose()).empty());
}

TEST_CASE("a container of docker compose that differs says in what") {
  auto inspected = made_by_compose();
  inspected["HostConfig"]["CpusetCpus"] = "0";
  const auto changes = changes_of(std::move(inspected));
  REQUIRE(changes.size() == 1);
  CHECK(changes.front().path == "cpuset");
}
