// What is left after a plan that ends early, and what is said of it.
#include "execute/aftermath.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "execute/execute.hpp"
#include "execute/observe.hpp"
#include "local_server.hpp"
#include "plan/labels.hpp"
#include "project_files.hpp"
#include "simulator/engine.hpp"

namespace saasctl::up_aftermath_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

using Outcome = std::expected<void, execute::ReadyError>;

const execute::Pace quick{.first_pause = 1ms, .longest_pause = 4ms, .settling = 2ms, .look_again = 15ms};
const std::map<std::string, std::string> images{{"one:1", "sha256:1"}};

std::string left_text(const execute::ReadyError& error) {
  std::string out;
  for (const auto& one : error.left)
    out += fmt::format("{}: {}{}{}\n", one.subject, one.state, one.note.empty() ? "" : ", ", one.note);
  return out;
}

Outcome carry(const engine::Client& client, const project::Project& project, const plan::Plan& plan,
              const execute::ExecuteOptions& options, const execute::Listener& listener, std::stop_token stop = {}) {
  return execute::execute(
      client, project, plan, options, [](std::string_view) { return std::nullopt; }, listener, std::move(stop));
}

// A db, and a web that waits for it. The second version of db dies at its start.
class Pair {
 public:
  explicit Pair(const std::string& more = "") {
    for (const char* version : {"1", "2"}) {
      const auto environment = fmt::format("environment: {{V: \"{}\"}}", version);
      files_.push_back(std::make_unique<project::ProjectFiles>(project::Files{
          {"stack.yaml",
           fmt::format("name: sim\nservices:\n  db: {{image: \"one:1\", healthcheck: {{test: [CMD, check], "
                       "interval: 1s}}, {0}}}\n  web: {{image: \"one:1\", depends_on: {{db: {{condition: "
                       "service_healthy}}}}, {0}{1}}}\n",
                       environment, more)}}));
      projects_.push_back(files_.back()->project());
    }
    engine_.reset(1, {}, images, [](const std::string& service, const simulator::Json& body, int) {
      simulator::Life life{.ready_after = 1ms, .healthy_after = 2ms};
      const auto& environment = body["Env"];
      if (service == "db" && std::ranges::find(environment, simulator::Json("V=2")) != environment.end()) {
        life = {.ready_after = 10s, .healthy_after = 10s, .ends_after = 3ms, .exit_code = 1};
      }
      return life;
    });
    client_ = engine::Client::connect(engine_.endpoint(), {});
    REQUIRE(client_);
  }

  Outcome up(std::size_t version, const plan::UpOptions& planning = {}, execute::Turn* turn = nullptr) {
    const auto observed = execute::observe(*client_, projects_.at(version), {});
    REQUIRE(observed);
    const auto plan = plan::plan_up(projects_.at(version), *observed, planning);
    REQUIRE(plan);
    execute::ExecuteOptions options;
    options.timeout = 5s;
    options.pace = quick;
    options.turn = turn;
    return carry(*client_, projects_.at(version), *plan, options, [](const execute::Event&) {});
  }

  // "sim-db-1 running", a line for each container.
  std::string containers() {
    return engine_.with_model([](simulator::Model& model) {
      std::vector<std::string> lines;
      for (const auto& [id, container] : model.containers()) lines.push_back(container.name + " " + container.state);
      std::ranges::sort(lines);
      std::string out;
      for (const auto& line : lines) out += line + "\n";
      return out;
    });
  }

 private:
  std::vector<std::unique_ptr<project::ProjectFiles>> files_;
  std::vector<project::Project> projects_;
  simulator::Engine engine_;
  Result<engine::Client> client_ = failure("not connected");
};

}  // namespace

TEST_CASE("a successor that has not replaced its predecessor is removed after a failure, and the old one goes on") {
  Pair pair;
  REQUIRE(pair.up(0));
  const auto failed = pair.up(1);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().service);
  CHECK(pair.containers() == "sim-db-1 exited\nsim-web-1 running\n");
  CHECK(left_text(failed.error()) == "db: exited\nweb: running, not replaced\n");
}

TEST_CASE("what a rollback needs stays after a failure, and only the successors go") {
  Pair pair;
  REQUIRE(pair.up(0));
  const auto failed = pair.up(1, {.keep_replaced = true});
  REQUIRE_FALSE(failed);
  CHECK(pair.containers() == "sim-db-1 exited\nsim-db-1-old exited\nsim-web-1 running\n");
}

TEST_CASE("a container that replaces none stays after a failure, and is said not to have been started") {
  Pair pair;
  const auto failed = pair.up(1);
  REQUIRE_FALSE(failed);
  CHECK(pair.containers() == "sim-db-1 exited\nsim-web-1 created\n");
  CHECK(left_text(failed.error()) == "db: exited\nweb: created\n");
}

TEST_CASE("containers of one service are named one by one where they differ") {
  Pair pair(", deploy: {replicas: 2}");
  REQUIRE(pair.up(0));
  const auto alike = pair.up(1);
  REQUIRE_FALSE(alike);
  CHECK(left_text(alike.error()) == "db: exited\nweb: running, not replaced\n");
  const auto more = pair.up(1, {.scale = {{"web", 3}}});
  REQUIRE_FALSE(more);
  CHECK(left_text(more.error()) ==
        "db: exited\nweb-1: running, not replaced\nweb-2: running, not replaced\nweb-3: created\n");
}

namespace {

class RefusedTurn : public execute::Turn {
 public:
  Result<void> take(std::stop_token) override {
    if (++takes_ > 1) return failure(ErrorKind::conflict, "another command has changed the project");
    return {};
  }
  void give_back() override {}

 private:
  int takes_ = 0;
};

}  // namespace

TEST_CASE("a plan that another command has overtaken removes nothing") {
  Pair pair;
  REQUIRE(pair.up(0));
  RefusedTurn turn;
  REQUIRE_FALSE(pair.up(1, {}, &turn));
  CHECK(pair.containers() == "sim-db-1 exited\nsim-web-1 running\nsim-web-1-next created\n");
}

namespace {

// An engine with two containers, where the first start that comes is refused.
class TwoStarts {
 public:
  using Second = std::function<void(int connection, std::stop_token stop)>;

  explicit TwoStarts(Second second)
      : second_(std::move(second)),
        server_(folder_.path() / "s", [this](int connection, const std::string& request, std::stop_token stop) {
          serve(connection, request, std::move(stop));
        }) {}

  Outcome run(std::chrono::milliseconds grace, std::vector<execute::Phase>& phases) {
    const auto client =
        engine::Client::connect({.host = "unix://s", .unix_socket = folder_.path() / "s", .source = "the test"}, {});
    REQUIRE(client);
    const project::ProjectFiles files(
        project::Files{{"stack.yaml", "name: sim\nservices: {a: {image: \"one:1\"}, b: {image: \"one:1\"}}\n"}});
    plan::Plan plan;
    plan.changes = true;
    for (const std::string name : {"a", "b"}) {
      plan.actions.push_back({plan::StartContainer{name, "sim-" + name + "-1"}, "", {}});
      plan.ids["sim-" + name + "-1"] = "id-" + name;
    }
    execute::ExecuteOptions options;
    options.answer_grace = grace;
    return carry(*client, files.project(), plan, options,
                 [&](const execute::Event& event) { phases.push_back(event.phase); });
  }

  bool started = false;  // the second one; used by the server's thread

 private:
  void serve(int connection, const std::string& request, std::stop_token stop) {
    if (request.starts_with("HEAD"))
      return LocalServer::write(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nApi-Version: 1.41\r\n\r\n");
    if (request.starts_with("GET")) return LocalServer::write(connection, LocalServer::answer("200 OK", list()));
    if (starts_++ > 0) return second_(connection, std::move(stop));
    std::this_thread::sleep_for(200ms);  // until the second request is under way
    LocalServer::write(connection, LocalServer::answer("500 Internal Server Error", R"({"message":"refused"})"));
  }

  std::string list() const {
    auto rows = simulator::Json::array();
    for (const std::string name : {"a", "b"}) {
      rows.push_back(
          {{"Id", "id-" + name},
           {"Names", {"/sim-" + name + "-1"}},
           {"State", started ? "running" : "created"},
           {"Status", ""},
           {"Labels", {{std::string(plan::label::project), "sim"}, {std::string(plan::label::service), name}}}});
    }
    return rows.dump();
  }

  TemporaryFolder folder_;
  Second second_;
  int starts_ = 0;
  LocalServer server_;
};

std::ptrdiff_t count(const std::vector<execute::Phase>& phases, execute::Phase phase) {
  return std::ranges::count(phases, phase);
}

}  // namespace

TEST_CASE("a start that was sent before a failure is waited for, and what is left is reported after it") {
  TwoStarts* engine_of_test = nullptr;
  TwoStarts engine([&](int connection, std::stop_token) {
    std::this_thread::sleep_for(300ms);
    engine_of_test->started = true;
    LocalServer::write(connection, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  });
  engine_of_test = &engine;
  std::vector<execute::Phase> phases;
  const auto failed = engine.run(10s, phases);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.ends_with("refused"));
  CHECK(count(phases, execute::Phase::failed) == 1);
  CHECK(count(phases, execute::Phase::done) == 1);
  CHECK(left_text(failed.error()) == "a: running\nb: running\n");
}

TEST_CASE("a start that the engine does not answer in time is reported as under way") {
  TwoStarts engine([](int connection, std::stop_token stop) { LocalServer::hold(connection, std::move(stop)); });
  std::vector<execute::Phase> phases;
  const auto begun = std::chrono::steady_clock::now();
  const auto failed = engine.run(50ms, phases);
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  REQUIRE_FALSE(failed);
  CHECK(count(phases, execute::Phase::done) == 0);
  const auto left = left_text(failed.error());
  CHECK((left == "a: created\nb: created, being started\n" || left == "a: created, being started\nb: created\n"));
}

}  // namespace saasctl::up_aftermath_test
