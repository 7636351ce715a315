// What cannot be started together, and what may stand in one file all the same.
#include "plan/conflicts.hpp"

#include <sys/stat.h>

#include "growth.hpp"
#include "planned.hpp"
#include "project/contents.hpp"
#include "project/load_existing.hpp"
#include "project/order.hpp"

namespace saasctl::conflicts_test {

using namespace saasctl::plan;
using namespace saasctl::test;
using project::Files;
using project::ProjectFiles;

namespace {

using Names = std::set<std::string, std::less<>>;

const std::string alternatives =
    "name: shop\nservices:\n  apache: {image: x, ports: [\"127.0.0.1:8080:80\"]}\n"
    "  nginx: {image: x, ports: [\"127.0.0.1:8080:80\"]}\n";

std::string conflicts(const std::string& text, const Names& names, const UpOptions& options = {}) {
  const auto project = ProjectFiles(Files{{"stack.yaml", text}, {"s", ""}}).project();
  const auto checked = check_conflicts(project, options, names);
  if (checked) return "";
  CHECK(checked.error().kind == ErrorKind::usage);
  return checked.error().message;
}

// Of two services that publish these.
std::string of_ports(const std::string& a, const std::string& b) {
  return conflicts("services:\n  a: {image: x, ports: [\"" + a + "\"]}\n  b: {image: x, ports: [\"" + b + "\"]}\n",
                   {"a", "b"});
}

bool holds(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("alternatives on one host port conflict only when both are started") {
  CHECK(conflicts(alternatives, {"apache"}).empty());
  CHECK(conflicts(alternatives, {"nginx"}).empty());
  CHECK(conflicts(alternatives, {"apache", "nginx"}, {.scale = {{"nginx", 0}}}).empty());
  CHECK(conflicts(alternatives, {"apache", "nginx"}, {.no_start = true}).empty());
  const auto text = conflicts(alternatives, {"apache", "nginx"});
  CHECK(holds(text, "stack.yaml:3:30: error: host port 8080 of 'apache' is also published by 'nginx' ("));
  CHECK(holds(text, "stack.yaml:4:29: error: host port 8080 of 'nginx' is already published by 'apache' ("));
  CHECK(holds(text, "= give one of them another port, or start only one of them"));
}

TEST_CASE("up of alternatives is refused before anything is planned, up of one of them is not") {
  const auto project = ProjectFiles(Files{{"stack.yaml", alternatives}}).project();
  auto observed = images_only();
  observed.images["x"] = {"sha256:x", ""};
  CHECK(plan_up(project, observed, {.services = {"nginx"}}));
  CHECK_FALSE(plan_up(project, observed, {}));
}

TEST_CASE("a host port is taken once for each address and protocol") {
  CHECK(holds(of_ports("80:80", "80:81"), "host port 80 of 'b' is already published by 'a'"));
  CHECK(holds(of_ports("80:80", "127.0.0.1:80:80"), "host port 80 of 'b'"));
  CHECK(holds(of_ports("80:80", "::1:80:80"), "host port 80 of 'b'"));
  CHECK(holds(of_ports("0.0.0.0:80:80", "127.0.0.1:80:80"), "host port 80 of 'b'"));
  CHECK(holds(of_ports("::1:80:80", "::1:80:80"), "host port 80 of 'b'"));
  CHECK(of_ports("0.0.0.0:80:80", "[::]:80:80").empty());
  CHECK(of_ports("0.0.0.0:80:80", "::1:80:80").empty());
  CHECK(of_ports("127.0.0.2:80:80", "127.0.0.1:80:80").empty());
  CHECK(of_ports("80:80", "80:80/udp").empty());
  CHECK(of_ports("80", "80").empty());
  CHECK(of_ports("8000-8010:80", "8000-8010:80").empty());  // each gets one that is free
  const auto range = of_ports("1000-2000:1000-2000", "1000-2000:1000-2000");
  CHECK(holds(range, "host port 1000 "));
  CHECK(range.find("host port 1001 ") == std::string::npos);
  CHECK(holds(conflicts("services: {a: {image: x, ports: [\"80:80\", \"80:81\"]}}\n", {"a"}), "remove one of the two"));
  const std::string host =
      "services: {a: {image: x, network_mode: host, ports: [\"80:80\"]}, b: {image: x, ports: "
      "[\"80:80\"]}}\n";
  CHECK(conflicts(host, {"a", "b"}).empty());
}

TEST_CASE("a name of a container is given once among those that are started") {
  const std::string two = "services:\n  a: {image: x, container_name: n}\n  b: {image: x, container_name: n}\n";
  CHECK(conflicts(two, {"a"}).empty());
  const auto text = conflicts(two, {"a", "b"}, {.no_start = true});
  CHECK(holds(text, "stack.yaml:2:17: error: the container of 'a' would be named 'n', as that of 'b' ("));
  CHECK(holds(text, "stack.yaml:3:17: error: the container of 'b' would be named 'n', as that of 'a' ("));
  CHECK(holds(conflicts("name: shop\nservices: {a: {image: x}, b: {image: x, container_name: shop-a-1}}\n", {"a", "b"}),
              "the container of 'b' would be named 'shop-a-1', as that of 'a'"));
}

TEST_CASE("keys that the engine refuses together stop only who starts the service") {
  const auto with = [](const std::string& keys) {
    return "services:\n  a: {image: x, " + keys + "}\n  b: {image: x, healthcheck: {disable: true}}\n" +
           "secrets: {s: {file: s}}\nconfigs: {c: {content: x}}\n";
  };
  const auto check = [&](const std::string& keys, const std::string& part) {
    CHECK(conflicts(with(keys), {"b"}).empty());
    CHECK(holds(conflicts(with(keys), {"a", "b"}), part));
  };
  check("network_mode: \"service:b\", ports: [\"80\"]", "2:44: error: with network_mode service:b the ports are those");
  check("depends_on: {b: {condition: service_healthy}}", "'a' waits for 'b' to be healthy, but its healthcheck is");
  check("read_only: true, secrets: [{source: s, target: /key}]", "cannot be mounted at '/key', directly below /");
  check("read_only: true, configs: [c]", "config 'c' has to be copied into the container, which is read_only");
  CHECK(conflicts(with("secrets: [{source: s, target: /key}], configs: [c]"), {"a"}).empty());
}

TEST_CASE("a file of variables is read only for services that are asked for") {
  const ProjectFiles files(
      Files{{"stack.yaml",
             "services:\n  a: {image: x, depends_on: [b], environment: {A: \"1\"}}\n  b: {image: x, env_file: b.env}\n"
             "  c: {image: x, env_file: missing.env, label_file: missing.labels, security_opt: "
             "[\"seccomp=missing.json\"]}\n"},
            {"b.env", "B=2\n"}});
  const std::vector<std::filesystem::path> file{files.folder() / "stack.yaml"};
  const auto error = [&](const project::Inputs& inputs) {
    const auto loaded = project::load(inputs);
    return loaded ? std::string() : loaded.error().message;
  };
  CHECK(holds(error({.files = file}), "missing.env"));
  CHECK(holds(error({.files = file, .services = {"c"}}), "missing.labels"));
  CHECK(error({.files = file, .services = {"a"}}).empty());
  CHECK(project::load_existing({.files = file}));
  const auto loaded = project::load({.files = file, .services = {"a"}});
  REQUIRE(loaded);
  CHECK(loaded->project.find("b")->spec.environment.find("B"));  // a needs it
}

TEST_CASE("the contents of services are checked before anything is changed") {
  const ProjectFiles files(Files{
      {"stack.yaml",
       "services:\n  a: {image: x, secrets: [one, two]}\n  b: {image: x, secrets: [folder]}\n"
       "  c: {image: x, secrets: [unset]}\n  d: {image: x, configs: [unset]}\n"
       "  e: {image: x, configs: [{source: gone, mode: 0444}]}\n  f: {image: x, configs: [gone]}\n"
       "  g: {image: x, secrets: [pipe]}\n"
       "secrets: {one: {file: one}, two: {file: two}, folder: {file: .}, pipe: {file: pipe}, unset: {environment: "
       "SAASCTL_UNSET}}\nconfigs: {unset: {environment: SAASCTL_UNSET}, gone: {file: gone}}\n"}});
  REQUIRE(::mkfifo((files.folder() / "pipe").c_str(), 0600) == 0);
  const auto project = files.project();
  const auto error = [&](const Names& services) -> std::string {
    const auto checked = project::check_contents(project, {services.begin(), services.end()},
                                                 [](std::string_view) { return std::nullopt; });
    return checked ? "" : checked.error().message;
  };
  CHECK(error({"a"}).starts_with("2 secret files are missing: "));
  CHECK(error({"b"}).starts_with("secret 'folder': cannot read "));
  CHECK(error({"b"}).ends_with(": it is a folder"));
  CHECK(error({"c"}) == "secret 'unset' comes from the variable SAASCTL_UNSET, which is not set");
  CHECK(error({"d"}) == "config 'unset' comes from the variable SAASCTL_UNSET, which is not set");
  CHECK(error({"e"}).starts_with("config 'gone' comes from "));
  CHECK(error({"f"}).empty());  // a file of the engine's host
  CHECK(error({"g"}).starts_with("secret 'pipe': cannot read "));
  CHECK(error({"g"}).ends_with("pipe: it is a pipe"));
  CHECK(error({}).empty());
}

TEST_CASE("many services that depend on one another are chosen in linear time") {
  std::map<std::size_t, project::Project> projects;
  CHECK(grows_linearly(500, [&](std::size_t count) {
    auto& project = projects[count];
    if (project.services.empty()) {
      std::string text = "services:\n  s0: {image: x}\n";
      for (std::size_t i = 1; i < count; ++i)
        text += "  s" + std::to_string(i) + ": {image: x, depends_on: [s" + std::to_string(i - 1) + "]}\n";
      project = ProjectFiles(Files{{"stack.yaml", text}}).project();
    }
    REQUIRE(project::with_dependencies(project, {project.services.back().name})->size() == count);
  }));
}

}  // namespace saasctl::conflicts_test
