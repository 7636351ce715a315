// Paths of the Engine API: no name from outside becomes another path.
#include "engine/api_path.hpp"

#include <mutex>
#include <vector>

#include "build/build_call.hpp"
#include "catch.hpp"
#include "engine/containers.hpp"
#include "engine/exec.hpp"
#include "engine/images.hpp"
#include "engine/networks.hpp"
#include "engine/volumes.hpp"
#include "local_server.hpp"
#include "plan/plan.hpp"
#include "project_files.hpp"
#include "temporary_folder.hpp"
#include "util/http.hpp"

namespace saasctl::api_path_test {

using namespace saasctl::engine;
using test::LocalServer;

namespace {

// An engine that notes every request line and answers "{}".
class Notebook {
 public:
  Notebook()
      : server_(folder_.path() / "s", [this](int connection, const std::string& request, const std::stop_token&) {
          answer(connection, request);
        }) {}

  Endpoint endpoint() const { return {.host = "unix://s", .unix_socket = folder_.path() / "s", .source = "the test"}; }
  std::vector<std::string> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  void answer(int connection, const std::string& request) {
    if (request.starts_with("HEAD /_ping ")) {
      LocalServer::write(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nApi-Version: 1.41\r\n\r\n");
      return;
    }
    const std::scoped_lock lock(mutex_);
    lines_.push_back(request.substr(0, request.find(" HTTP/")));
    LocalServer::write(connection, LocalServer::answer("200 OK", "{}"));
  }

  const TemporaryFolder folder_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  const LocalServer server_;
};

}  // namespace

TEST_CASE("a path of the API is made of encoded segments") {
  struct Case {
    std::string name;
    std::string text;  // empty: refused
  };
  for (const auto& [name, text] : {Case{"web-1", "/containers/web-1/json"},
                                   {"a b", "/containers/a%20b/json"},
                                   {"a?b=c#d", "/containers/a%3Fb%3Dc%23d/json"},
                                   {"a/b", "/containers/a%2Fb/json"},
                                   {"a%2Fb", "/containers/a%252Fb/json"},
                                   {"ü\n", "/containers/%C3%BC%0A/json"},
                                   {std::string("a\0b", 3), "/containers/a%00b/json"},
                                   {"...", "/containers/.../json"},
                                   {"", ""},
                                   {".", ""},
                                   {"..", ""},
                                   {"/", ""},
                                   {"/web", ""},
                                   {"web/", ""},
                                   {"x/../y", ""},
                                   {"x/./y", ""},
                                   {"x//y", ""}}) {
    INFO(name);
    const auto path = ApiPath("/containers") / name / "json";
    CHECK(path.is_valid() == !text.empty());
    if (!text.empty()) CHECK(path.text() == text);
    if (text.empty()) CHECK(path.refused() == "'" + name + "'");
  }
}

TEST_CASE("the slashes of an image reference stay, and nothing else of it") {
  struct Case {
    std::string reference;
    std::string text;  // empty: refused
  };
  for (const auto& [reference, text] : {Case{"busybox", "/images/busybox/push"},
                                        {"localhost:5000/a/b:1", "/images/localhost%3A5000/a/b%3A1/push"},
                                        {"a@sha256:00", "/images/a%40sha256%3A00/push"},
                                        {"a b?c#d", "/images/a%20b%3Fc%23d/push"},
                                        {"x/../../volumes/v#", ""},
                                        {"/a", ""},
                                        {"a//b", ""},
                                        {"a/", ""},
                                        {"", ""}}) {
    INFO(reference);
    const auto path = ApiPath("/images").image(reference) / "push";
    CHECK(path.is_valid() == !text.empty());
    if (!text.empty()) CHECK(path.text() == text);
  }
}

TEST_CASE("a hostile name never reaches the engine as another path") {
  Notebook engine;
  const auto client = Client::connect(engine.endpoint(), {});
  REQUIRE(client);
  for (const std::string name : {"x/../../volumes/victim#", "x/../../containers/victim/kill#", "../containers/victim",
                                 "..", ".", "", "x/..", "x//../../volumes/victim", "./../volumes/victim"}) {
    INFO(name);
    const auto refused = [](const auto& result) { return !result && result.error().kind == ErrorKind::usage; };
    CHECK(refused(inspect_image(*client, name, {})));
    CHECK(refused(remove_image(*client, name, true, {})));
    CHECK(refused(tag_image(*client, name, "a:b", {})));
    CHECK(refused(inspect_volume(*client, name, {})));
    CHECK(refused(remove_volume(*client, name, true, {})));
    CHECK(refused(remove_network(*client, name, {})));
    CHECK(refused(remove_container(*client, name, {}, {})));
    CHECK(refused(kill_container(*client, name, "SIGKILL", {})));
    CHECK(refused(rename_container(*client, name, "other", {})));
    CHECK(refused(exec_create(*client, name, {"x"}, {}, {})));
    CHECK(refused(exec_detached(*client, name, false, {})));
    CHECK(engine.take().empty());
  }
  // A push names the repository in its path and the tag in its query.
  CHECK_FALSE(push_image(*client, "x/../../containers/victim/kill#", {}, {}));
  CHECK(engine.take().empty());

  CHECK(remove_image(*client, "a b#c?d", true, {}));
  CHECK(remove_volume(*client, "v?force=1#", false, {}));
  CHECK(remove_container(*client, "a/b\r\nX: y", {}, {}));
  CHECK(engine.take() == std::vector<std::string>{"DELETE /v1.41/images/a%20b%23c%3Fd?force=1",
                                                  "DELETE /v1.41/volumes/v%3Fforce%3D1%23?force=0",
                                                  "DELETE /v1.41/containers/a%2Fb%0D%0AX%3A%20y?force=0&v=0"});
}

TEST_CASE("a hostile platform reaches the engine as one value of the query") {
  Notebook engine;
  const auto client = Client::connect(engine.endpoint(), {});
  REQUIRE(client);
  struct Case {
    std::string platform;
    std::string text;
  };
  for (const auto& [platform, text] : {Case{"linux/amd64", "linux%2Famd64"},
                                       {"../x", "..%2Fx"},
                                       {"a?b&name=c", "a%3Fb%26name%3Dc"},
                                       {"%2e%2e/x", "%252e%252e%2Fx"},
                                       {"a\r\nX: y#", "a%0D%0AX%3A%20y%23"}}) {
    INFO(platform);
    static_cast<void>(create_container(*client, "web", project::Json::object(), {}, platform));
    static_cast<void>(pull_image(*client, "busybox:1", {.platform = platform}, {}));
    const auto lines = engine.take();
    REQUIRE(lines.size() >= 2);
    CHECK(lines[0] == "POST /v1.41/containers/create?name=web&platform=" + text);
    CHECK(lines[1] == "POST /v1.41/images/create?fromImage=busybox&tag=1&platform=" + text);
    const auto parameters = build::build_parameters({.tags = {}, .platform = platform}, "Dockerfile");
    CHECK(http::query_string(parameters).ends_with("dockerfile=Dockerfile&platform=" + text));
  }
}

TEST_CASE("names of other containers reach the engine in the body of a request only") {
  for (const std::string name : {"../x", "a?b", "%2e%2e/x", "x/../../volumes/victim#"}) {
    INFO(name);
    const project::ProjectFiles files(
        project::Files{{"stack.yaml", "services:\n  web:\n    image: x\n    network_mode: 'container:" + name +
                                          "'\n    pid: 'container:" + name + "'\n    ipc: 'container:" + name +
                                          "'\n    volumes_from: ['container:" + name + "']\n    external_links: ['" +
                                          name + ":other']\n    platform: '" + name + "'\n"}});
    const auto project = files.project();
    plan::ObservedState observed;
    observed.images["x"] = {"sha256:x", ""};
    const auto planned = plan::plan_up(project, observed, {});
    INFO((planned ? "" : planned.error().message));
    REQUIRE(planned);
    // No other action asks for these names.
    REQUIRE(planned->actions.size() == 3);
    const auto& create = std::get<plan::CreateContainer>(planned->actions[0].work);
    CHECK(std::holds_alternative<plan::StartContainer>(planned->actions[1].work));
    CHECK(std::holds_alternative<plan::AwaitService>(planned->actions[2].work));
    const auto& host = create.body["HostConfig"];
    CHECK(host["NetworkMode"] == "container:" + name);
    CHECK(host["PidMode"] == "container:" + name);
    CHECK(host["IpcMode"] == "container:" + name);
    CHECK(host["VolumesFrom"] == project::Json{name});
    CHECK(host["Links"] == project::Json{name + ":other"});
    CHECK(create.platform == name);
  }
}

}  // namespace saasctl::api_path_test
