// The build that a service asks for, and what the engine's own builder cannot do of it.
#include "build/build_call.hpp"
#include "build/service_request.hpp"
#include "build/unsupported.hpp"
#include "engine/proxies.hpp"
#include "plan/container_body.hpp"
#include "project_files.hpp"
#include "render/config.hpp"

namespace saasctl::service_build_test {

using namespace saasctl::build;
using project::ProjectFiles;

namespace {

std::string with_build(const std::string& keys, const std::string& after = "") {
  return "name: shop\nservices:\n  web:\n    build:\n      context: .\n" + keys + after;
}

Result<BuildRequest> request_of(const ProjectFiles& files, const yaml::Variables& environment = {}) {
  const auto project = files.project(environment);
  return request_for(project, *project.find("web"), {});
}

// What the builder refuses of the one service; empty: nothing.
std::string refused(const std::string& keys, bool buildkit = true) {
  const ProjectFiles files(project::Files{{"stack.yaml", with_build(keys)}});
  const auto project = files.project();
  const auto able = check_builder_can(*project.find("web"), buildkit);
  return able ? "" : able.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("build secrets are files or the values of variables") {
  const ProjectFiles files(
      project::Files{{"stack.yaml", with_build("      secrets: [one, {source: two, target: zwei}]\n",
                                               "secrets: {one: {file: one.txt}, two: {environment: TWO}}\n")},
                     {"one.txt", "1"}});
  const auto request = request_of(files, {{"TWO", "value\n"}});
  REQUIRE(request);
  CHECK(request->secrets.at("one").file == files.folder() / "one.txt");
  CHECK_FALSE(request->secrets.at("one").content);
  CHECK(request->secrets.at("zwei").content == "value\n");
  const auto unset = request_of(files);
  REQUIRE_FALSE(unset);
  CHECK(unset.error().kind == ErrorKind::not_found);
  CHECK(contains(unset.error().message, "build secret 'two' comes from the variable TWO, which is not set"));
}

TEST_CASE("all build secrets that cannot be read are reported together, each at its line") {
  const ProjectFiles files(project::Files{{"stack.yaml",
                                           "name: shop\nservices:\n"
                                           "  web: {build: {context: ., secrets: [one, two, six]}}\n"
                                           "  api: {build: {context: ., secrets: [one, three, four, five]}}\n"
                                           "  db: {image: x}\n"
                                           "secrets:\n"
                                           "  one: {file: one.txt}\n"
                                           "  two: {environment: TWO}\n"
                                           "  three: {file: folder}\n"
                                           "  four: {file: four.txt, generate: none}\n"
                                           "  five: {file: five.txt}\n"
                                           "  six: {environment: SIX}\n"
                                           "  seven: {file: seven.txt}\n"},
                                          {"five.txt", "5"},
                                          {"folder/file", ""}});
  const auto project = files.project({{"SIX", "6"}});
  const auto checked = check_build_secrets(project, {project.find("web"), project.find("api"), project.find("db")});
  REQUIRE_FALSE(checked);
  CHECK(checked.error().kind == ErrorKind::not_found);
  const auto& message = checked.error().message;
  INFO(message);
  CHECK(contains(message, "stack.yaml:7:9: error: the file of build secret 'one' is missing: "));
  CHECK(contains(message, "one.txt; needed to build web, api\n"));
  CHECK(contains(message,
                 "stack.yaml:8:9: error: build secret 'two' comes from the variable TWO, which is not set; "
                 "needed to build web\n"));
  CHECK(contains(message, "= export TWO"));
  CHECK(contains(message, "stack.yaml:9:11: error: build secret 'three' is a folder: "));
  for (const auto* fine : {"four", "five", "SIX", "seven"}) CHECK_FALSE(contains(message, std::string("'") + fine));
  const auto alone = request_for(project, *project.find("api"), {});
  REQUIRE_FALSE(alone);
  CHECK(contains(alone.error().message, "'one'"));
  CHECK(contains(alone.error().message, "'three'"));
}

TEST_CASE("proxies and SOURCE_DATE_EPOCH are arguments, unless the file has its own") {
  const ProjectFiles files(project::Files{{"stack.yaml", with_build("      args: {http_proxy: mine}\n")}});
  auto project = files.project({{"SOURCE_DATE_EPOCH", "1000"}});
  project.proxies = {{"http_proxy", "http://p:1"}, {"HTTP_PROXY", "http://p:1"}};
  const auto request = request_for(project, *project.find("web"), {});
  REQUIRE(request);
  CHECK(request->args == std::map<std::string, std::string>{
                             {"http_proxy", "mine"}, {"HTTP_PROXY", "http://p:1"}, {"SOURCE_DATE_EPOCH", "1000"}});
  CHECK(request_of(files)->args == std::map<std::string, std::string>{{"http_proxy", "mine"}});
}

TEST_CASE("proxies of docker's configuration are those of the engine, else the default ones") {
  const ProjectFiles files(
      project::Files{{"config.json", R"({"proxies": {"default": {"httpProxy": "http://p:1", "noProxy": "localhost"},
                                       "tcp://other:1": {"allProxy": "socks://q"}}})"}});
  using Variables = std::map<std::string, std::string>;
  CHECK(engine::proxy_variables(files.folder(), "unix:///s").value() == Variables{{"http_proxy", "http://p:1"},
                                                                                  {"HTTP_PROXY", "http://p:1"},
                                                                                  {"no_proxy", "localhost"},
                                                                                  {"NO_PROXY", "localhost"}});
  CHECK(engine::proxy_variables(files.folder(), "tcp://other:1").value() ==
        Variables{{"ALL_PROXY", "socks://q"}, {"all_proxy", "socks://q"}});
  CHECK(engine::proxy_variables(files.folder() / "none", "x").value().empty());
  files.write("config.json", "{");
  CHECK_FALSE(engine::proxy_variables(files.folder(), "x"));
}

TEST_CASE("containers get the proxies as well, and are not made anew for them") {
  const ProjectFiles files(
      project::Files{{"stack.yaml", "services: {web: {image: x, environment: {no_proxy: mine}}}\n"}});
  auto project = files.project();
  const auto hash = project.find("web")->hash;
  project.proxies = {{"http_proxy", "http://p:1"}, {"no_proxy", "theirs"}};
  const auto made = plan::container_body(project, *project.find("web"), {}, "");
  CHECK(made.body.at("Env") == declare::Json{"no_proxy=mine", "http_proxy=http://p:1"});
  CHECK(project.find("web")->hash == hash);
}

TEST_CASE("SSH agents are that of the environment and those of a path") {
  const ProjectFiles files(project::Files{{"stack.yaml", with_build("      ssh: [default, mine=./agent.sock]\n")}});
  const auto request = request_of(files, {{"SSH_AUTH_SOCK", "/run/agent"}});
  REQUIRE(request);
  CHECK(request->ssh.at("default") == "/run/agent");
  CHECK(request->ssh.at("mine") == files.folder() / "agent.sock");
  const auto none = request_of(files);
  REQUIRE_FALSE(none);
  CHECK(contains(none.error().message, "SSH_AUTH_SOCK is not set"));
}

TEST_CASE("SSH agents of several files are merged by their ids, however they are written") {
  const ProjectFiles files(project::Files{{"stack.yaml", with_build("      ssh: [default, one=/a, two=/c]\n")},
                                          {"over.yaml", "services: {web: {build: {ssh: {one: /b}}}}\n"}});
  const auto loaded = project::load({.files = {files.folder() / "stack.yaml", files.folder() / "over.yaml"}});
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  CHECK(loaded->project.find("web")->build->ssh ==
        std::map<std::string, std::string>{{"default", ""}, {"one", "/b"}, {"two", "/c"}});
}

TEST_CASE("a context at a URL is the builder's to fetch") {
  const ProjectFiles files(project::Files{
      {"stack.yaml", "services: {web: {build: {context: 'https://example.org/x.git#main:sub', dockerfile: D}}}\n"}});
  const auto request = request_of(files);
  REQUIRE(request);
  CHECK(request->remote == "https://example.org/x.git#main:sub");
  CHECK(request->context.empty());
  CHECK(request->dockerfile == "D");
}

TEST_CASE("a repository that is fetched over SSH gets the user's agent when there is one") {
  const ProjectFiles files(project::Files{{"stack.yaml", "services: {web: {build: 'git@example.org:x.git'}}\n"}});
  const auto request = request_of(files, {{"SSH_AUTH_SOCK", "/run/agent"}});
  REQUIRE(request);
  CHECK(request->ssh == std::map<std::string, std::filesystem::path>{{"default", "/run/agent"}});
  CHECK(request_of(files)->ssh.empty());
}

TEST_CASE("what the engine's builder cannot do is refused with its place") {
  CHECK(contains(
      refused("      additional_contexts: {a: b}\n"),
      "stack.yaml:6:7: error: web cannot be built: additional_contexts: the engine's own builder cannot do it"));
  for (const auto* keys :
       {"      no_cache_filter: stage\n", "      entitlements: [network.host]\n", "      privileged: true\n",
        "      platforms: [linux/amd64, linux/arm64]\n", "      isolation: hyperv\n",
        "      cache_to: [\"type=registry,ref=x\"]\n", "      provenance: true\n", "      sbom: true\n"}) {
    INFO(keys);
    CHECK(contains(refused(keys), "stack.yaml:6:7: error: web cannot be built: "));
  }
  CHECK(refused("      platforms: [linux/amd64]\n      isolation: default\n      cache_to: [type=inline]\n"
                "      provenance: false\n      sbom: \"false\"\n      privileged: false\n      ssh: [default]\n")
            .empty());
  CHECK(contains(refused("      ssh: [default]\n", false), "web cannot be built: ssh"));
  const ProjectFiles remote(project::Files{
      {"stack.yaml", "services: {web: {build: {context: 'git@h:x.git', dockerfile_inline: FROM a}}}\n"}});
  const auto project = remote.project();
  CHECK(contains(check_builder_can(*project.find("web"), true).error().message, "comes from that context"));
}

TEST_CASE("config prints what only a builder refuses, as docker compose does") {
  const ProjectFiles files(
      project::Files{{"stack.yaml", with_build("      ssh: [default, mine=./agent.sock]\n"
                                               "      additional_contexts: [\"a=./b\", \"c=docker-image://d\"]\n"
                                               "      platforms: [linux/amd64, linux/arm64]\n"
                                               "      entitlements: network.host\n"
                                               "      provenance: mode=max\n")}});
  const auto model = render::config_model(files.project(), declare::Mode::resolve, {});
  const auto& build = model.at("services").at("web").at("build");
  const auto folder = files.folder().string();
  CHECK(build.at("ssh") == declare::Json{"default", "mine: " + folder + "/agent.sock"});
  CHECK(build.at("additional_contexts") == declare::Json{{"a", folder + "/b"}, {"c", "docker-image://d"}});
  CHECK(build.at("platforms") == declare::Json{"linux/amd64", "linux/arm64"});
  CHECK(build.at("entitlements") == declare::Json{"network.host"});
  CHECK(build.at("provenance") == "mode=max");
  const ProjectFiles remote(project::Files{{"stack.yaml", "services: {web: {build: 'https://example.org/x.git'}}\n"}});
  const auto other = render::config_model(remote.project(), declare::Mode::resolve, {});
  CHECK(other.at("services").at("web").at("build").at("context") == "https://example.org/x.git");
}

TEST_CASE("caches of registries are references, others have no effect") {
  const auto sources = parse_cache_from({"a:1", "type=registry,ref=r.example/b:2", "type=gha", "type=registry"});
  CHECK(sources.references == std::vector<std::string>{"a:1", "r.example/b:2"});
  CHECK(sources.without_effect == std::vector<std::string>{"type=gha", "type=registry"});
}

TEST_CASE("limits of steps are told to have no effect on engines before 25") {
  const BuildRequest request{.tags = {}, .shm_size = 1, .ulimits = {{"nofile", 1, 2}}};
  CHECK(without_effect(request, {1, 44}).empty());
  const auto warnings = without_effect(request, {1, 41});
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] ==
        "build.shm_size has no effect on this engine, which has API 1.41; engines since 25 (API 1.44) have it");
  CHECK(without_effect({}, {1, 41}).empty());
}

}  // namespace saasctl::service_build_test
