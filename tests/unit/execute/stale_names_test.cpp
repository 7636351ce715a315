// Names that belong to another container by the time a plan is carried out: nothing is done to it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "engine/containers.hpp"
#include "execute/execute.hpp"
#include "execute/observe.hpp"
#include "local_server.hpp"
#include "plan/labels.hpp"
#include "plan/lifecycle.hpp"
#include "plan/one_off.hpp"
#include "project_files.hpp"
#include "simulator/engine.hpp"

namespace saasctl::stale_names_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

const std::map<std::string, std::string> images{{"one:1", "sha256:1"}};

Result<void> carry_out(const engine::Client& client, const project::Project& project, const plan::Plan& plan) {
  execute::ExecuteOptions options;
  options.timeout = 5s;
  options.pace = {.first_pause = 1ms, .longest_pause = 4ms, .settling = 2ms, .look_again = 15ms};
  const auto done = execute::execute(
      client, project, plan, options, [](std::string_view) { return std::nullopt; }, [](const execute::Event&) {}, {});
  if (!done) return std::unexpected(Error{done.error().kind, done.error().message, done.error().hint});
  return {};
}

// A project of one service whose container is replaced, under its name, by somebody who knows nothing of the plan.
class Replaced {
 public:
  explicit Replaced(bool running) {
    engine_.reset(1, {}, images, [](const std::string&, const simulator::Json&, int) { return simulator::Life{}; });
    client_ = engine::Client::connect(engine_.endpoint(), {});
    REQUIRE(client_);
    const auto none = execute::observe(*client_, project_, {});
    REQUIRE(none);
    const auto up = plan::plan_up(project_, *none, {});
    REQUIRE(up);
    REQUIRE(carry_out(*client_, project_, *up));
    if (!running) REQUIRE(engine::stop_container(*client_, name, std::nullopt, {}));
    observed_ = *execute::observe(*client_, project_, {});
    REQUIRE(observed_.containers.size() == 1);
  }

  // Carries the plan out after the name has gone to another container; its state after that.
  std::string state_after(const plan::Plan& plan) {
    REQUIRE_FALSE(plan.actions.empty());
    REQUIRE(engine::remove_container(*client_, name, {.force = true, .volumes = false}, {}));
    const auto other = engine::create_container(
        *client_, name, {{"Image", "one:1"}, {"Labels", {{std::string(plan::label::project), "sim"}}}}, {});
    REQUIRE(other);
    REQUIRE(engine::start_container(*client_, other->id, {}));
    outcome_ = carry_out(*client_, project_, plan);
    const auto now = engine::inspect_container(*client_, other->id, {});
    if (!now) return "gone";
    return fmt::format("{} {}, {} starts", now->name, now->state.status, starts_of(other->id));
  }

  const project::Project& project() const { return project_; }
  const plan::ObservedState& observed() const { return observed_; }
  const Result<void>& outcome() const { return outcome_; }

 private:
  static constexpr auto name = "sim-db-1";

  int starts_of(const std::string& id) {
    return engine_.with_model([&](simulator::Model& model) { return model.containers().at(id).starts; });
  }

  project::ProjectFiles files_{project::Files{{"stack.yaml", "name: sim\nservices: {db: {image: \"one:1\"}}\n"}}};
  project::Project project_ = files_.project();
  simulator::Engine engine_;
  Result<engine::Client> client_ = failure("not connected");
  plan::ObservedState observed_;
  Result<void> outcome_;
};

}  // namespace

TEST_CASE("down, stop, kill, rm and restart leave alone what has taken a container's name since") {
  using namespace saasctl::plan;
  const auto untouched = "sim-db-1 running, 1 starts";
  const std::map<std::string, std::function<Result<Plan>(const Replaced&)>> verbs{
      {"down", [](const Replaced& all) { return plan_down(all.project(), all.observed(), {}); }},
      {"stop",
       [](const Replaced& all) {
         return plan_stop({all.project(), all.observed().containers});
       }},
      {"kill",
       [](const Replaced& all) {
         return plan_kill({all.project(), all.observed().containers}, "SIGKILL");
       }},
      {"restart",
       [](const Replaced& all) {
         return plan_restart({all.project(), all.observed().containers}, false);
       }},
      {"rm", [](const Replaced& all) {
         return plan_remove({all.project(), all.observed().containers}, {.stop = true, .volumes = false});
       }}};
  for (const auto& [verb, plan_of] : verbs) {
    INFO(verb);
    Replaced replaced(true);
    const auto plan = plan_of(replaced);
    REQUIRE(plan);
    CHECK(replaced.state_after(*plan) == untouched);
    // What is to be stopped or removed is gone as wanted; what is to be started is missed.
    CHECK(replaced.outcome().has_value() == (verb != "restart"));
    if (replaced.outcome()) continue;
    CHECK(replaced.outcome().error().message.ends_with("; it was removed while this command ran"));
    CHECK(replaced.outcome().error().hint ==
          "another user or tool is changing this project: wait until that is done, then run the command again");
  }
}

TEST_CASE("start and up leave alone what has taken a container's name since") {
  using namespace saasctl::plan;
  {
    Replaced replaced(false);
    const auto plan = plan_start({replaced.project(), replaced.observed().containers});
    REQUIRE(plan);
    CHECK(replaced.state_after(*plan) == "sim-db-1 running, 1 starts");
    CHECK_FALSE(replaced.outcome());
  }
  Replaced replaced(true);
  UpOptions options;
  options.force_recreate = true;
  const auto plan = plan_up(replaced.project(), replaced.observed(), options);
  REQUIRE(plan);
  CHECK(replaced.state_after(*plan) == "sim-db-1 running, 1 starts");
  REQUIRE_FALSE(replaced.outcome());
  CHECK(replaced.outcome().error().message.find(
            "the container sim-db-1 was created by somebody else in the meantime") != std::string::npos);
}

TEST_CASE("a plan that names a container nobody knows does nothing") {
  Replaced replaced(true);
  plan::Plan plan;
  plan.actions.push_back({plan::StopContainer{"db", "sim-db-1"}, "", {}});
  CHECK(replaced.state_after(plan) == "sim-db-1 running, 1 starts");
  REQUIRE_FALSE(replaced.outcome());
  CHECK(replaced.outcome().error().message == "the plan names the container sim-db-1, whose id is not known");
}

TEST_CASE("the id of each container that a plan creates is told") {
  const project::ProjectFiles files(project::Files{{"stack.yaml", "name: sim\nservices: {db: {image: \"one:1\"}}\n"}});
  const auto project = files.project();
  simulator::Engine engine;
  engine.reset(1, {}, images, [](const std::string&, const simulator::Json&, int) { return simulator::Life{}; });
  const auto client = engine::Client::connect(engine.endpoint(), {});
  REQUIRE(client);
  plan::OneOffOptions run;
  run.service = "db";
  run.name = "sim-db-run-1";
  const auto observed = execute::observe(*client, project, {});
  REQUIRE(observed);
  const auto plan = plan::plan_one_off(project, *observed, run);
  REQUIRE(plan);
  std::map<std::string, std::string> created;
  execute::ExecuteOptions options;
  options.on_created = [&](const std::string& name, const std::string& id) { created[name] = id; };
  REQUIRE(execute::execute(
      *client, project, *plan, options, [](std::string_view) { return std::nullopt; }, [](const execute::Event&) {},
      {}));
  REQUIRE(created.size() == 1);
  CHECK(created.at("sim-db-run-1") == engine::inspect_container(*client, "sim-db-run-1", {}).value().id);
}

TEST_CASE("a removal that another has begun is looked at again when the engine does not answer the wait") {
  const TemporaryFolder folder;
  std::mutex mutex;
  std::vector<std::string> calls;
  const LocalServer server(folder.path() / "s", [&](int connection, const std::string& request, std::stop_token stop) {
    const auto line = request.substr(0, request.find(" HTTP/"));
    {
      const std::scoped_lock lock(mutex);
      calls.push_back(line);
    }
    if (line.starts_with("HEAD"))
      return LocalServer::write(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nApi-Version: 1.41\r\n\r\n");
    if (line.starts_with("DELETE"))
      return LocalServer::write(
          connection,
          LocalServer::answer("409 Conflict", R"({"message":"removal of container 4f is already in progress"})"));
    if (line.starts_with("POST")) return LocalServer::hold(connection, stop);
    LocalServer::write(connection, LocalServer::answer("404 Not Found", R"({"message":"No such container: 4f"})"));
  });
  const auto client =
      engine::Client::connect({.host = "unix://s", .unix_socket = folder.path() / "s", .source = "the test"}, {});
  REQUIRE(client);
  const project::ProjectFiles files(project::Files{{"stack.yaml", "name: sim\nservices: {db: {image: \"one:1\"}}\n"}});
  plan::Plan plan;
  plan.actions.push_back({plan::RemoveContainer{"db", "sim-db-1"}, "", {}});
  plan.ids["sim-db-1"] = "4f";
  CHECK(carry_out(*client, files.project(), plan));
  CHECK(calls == std::vector<std::string>{"HEAD /_ping", "DELETE /v1.41/containers/4f?force=1&v=0",
                                          "POST /v1.41/containers/4f/wait?condition=removed",
                                          "GET /v1.41/containers/4f/json"});
}

TEST_CASE("what keeps a container from starting is reported with what to do") {
  struct Case {
    std::string status;
    std::string said;
    std::string message;
    std::string hint;  // a part of it
  };
  for (const auto& [status, said, message, hint] : std::vector<Case>{
           {"500 Internal Server Error", "driver failed: Bind for 127.0.0.1:80 failed: port is already allocated",
            "db: a host port is taken: driver failed: Bind for 127.0.0.1:80 failed: port is already allocated",
            "if nothing uses it, the engine has kept it since a crash: run saasctl down, or restart the engine"},
           {"500 Internal Server Error", "task 4f already exists: unknown", "db: task 4f already exists: unknown",
            "the engine may have kept it since a crash: run saasctl up --force-recreate, or else restart the engine"},
           {"404 Not Found", "network 77 not found", "db: network 77 not found; it was removed while this command ran",
            "another user or tool is changing this project"},
           {"404 Not Found", "No such container: other", "db: No such container: other", ""}}) {
    INFO(said);
    const TemporaryFolder folder;
    const auto answer = LocalServer::answer(status, R"({"message":")" + said + R"("})");
    const LocalServer server(folder.path() / "s", [&](int connection, const std::string& request, std::stop_token) {
      if (request.starts_with("HEAD"))
        return LocalServer::write(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nApi-Version: 1.41\r\n\r\n");
      LocalServer::write(connection, request.starts_with("POST") ? answer : LocalServer::answer("200 OK", "[]"));
    });
    const auto client =
        engine::Client::connect({.host = "unix://s", .unix_socket = folder.path() / "s", .source = "the test"}, {});
    REQUIRE(client);
    const project::ProjectFiles files(
        project::Files{{"stack.yaml", "name: sim\nservices: {db: {image: \"one:1\"}}\n"}});
    plan::Plan plan;
    plan.actions.push_back({plan::StartContainer{"db", "sim-db-1"}, "", {}});
    plan.ids["sim-db-1"] = "4f00";
    const auto done = carry_out(*client, files.project(), plan);
    REQUIRE_FALSE(done);
    CHECK(done.error().message == message);
    CHECK(done.error().hint.find(hint) != std::string::npos);
  }
}

}  // namespace saasctl::stale_names_test
