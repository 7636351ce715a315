#include "golden.hpp"
#include "plan/lifecycle.hpp"
#include "planned.hpp"

namespace saasctl::plan_living_test {

using namespace saasctl::plan;
using namespace saasctl::test;

namespace {

// web needs api (healthy) and, without more, cache; api needs db (healthy), migrate (completed); cache restarts web.
project::Project shop() {
  return project_of_labels("shop",
                           {{"web", "web:1", "api:service_healthy:false,cache:service_started:true"},
                            {"api", "api:1", "db:service_healthy:false,migrate:service_completed_successfully:false"},
                            {"migrate", "api:1", "db:service_healthy:false"},
                            {"cache", "cache:1", ""},
                            {"db", "db:1", ""},
                            {"web", "web:1", "api:service_healthy:false,cache:service_started:true"}});
}

ObservedContainer container(const std::string& service, const std::string& state, int number = 1) {
  ObservedContainer out;
  out.service = service;
  out.name = "shop-" + service + "-" + std::to_string(number);
  out.state = state;
  return out;
}

std::vector<ObservedContainer> all(const std::string& state) {
  std::vector<ObservedContainer> out;
  for (const auto* service : {"db", "cache", "api", "web"}) out.push_back(container(service, state));
  out.push_back(container("migrate", "exited"));
  out.push_back(container("web", state, 2));
  auto job = container("web", state, 3);
  job.one_off = true;
  out.push_back(job);
  out.push_back(container("old", state));
  return out;
}

std::string lines(const Result<Plan>& plan) {
  return plan ? test::lines(*plan) : plan.error().message + " (" + plan.error().hint + ")\n";
}

}  // namespace

TEST_CASE("the plans of living with a stack") {
  const auto project = shop();
  const auto running = all("running");
  const auto exited = all("exited");
  const auto paused = all("paused");
  std::string text;
  const auto section = [&](const std::string& title, const std::string& plan) {
    text += "== " + title + "\n" + plan + "\n";
  };
  section("stop", lines(plan_stop({project, running})));
  section("stop what has stopped", lines(plan_stop({project, exited})));
  section("stop both ends of a chain", lines(plan_stop({project, running, {"db", "web"}})));
  section("stop a service that the file does not have", lines(plan_stop({project, running, {"old"}})));
  section("start", lines(plan_start({project, exited})));
  section("start one with what it depends on", lines(plan_start({project, exited, {"api"}})));
  section("start what is paused", lines(plan_start({project, paused, {"cache"}})));
  section("start what runs", lines(plan_start({project, {running[0]}, {"db"}})));
  section("start what was never made", lines(plan_start({project, {running[0]}, {"db", "web"}})));
  section("restart", lines(plan_restart({project, running}, false)));
  section("restart one that restarts its dependant", lines(plan_restart({project, running, {"cache"}}, false)));
  section("restart one and leave its dependant", lines(plan_restart({project, running, {"cache"}}, true)));
  auto hooked = project;
  for (auto& service : hooked.services) {
    if (service.name != "db") continue;
    service.spec.pre_stop.emplace_back().command = {"save"};
    service.spec.post_start.emplace_back().command = {"warm", "up"};
  }
  section("restart one with hooks", lines(plan_restart({hooked, running, {"db"}}, false)));
  section("kill", lines(plan_kill({project, running, {"web", "db"}}, "SIGHUP")));
  section("pause", lines(plan_pause({project, running, {"web"}})));
  section("unpause", lines(plan_unpause({project, paused, {"web"}})));
  section("rm", lines(plan_remove({project, running}, {})));
  section("rm of two, stopped before, with volumes",
          lines(plan_remove({project, running, {"db", "web"}}, {true, true})));
  check_golden("plans_living.txt", text);
}

TEST_CASE("a project of labels has its services in order, and survives labels that make no sense") {
  std::vector<std::string> names;
  for (const auto& service : shop().services) names.push_back(service.name);
  CHECK(names == std::vector<std::string>{"cache", "db", "migrate", "api", "web"});
  const auto circle = project_of_labels("p", {{"a", "i", "b:service_started:false"}, {"b", "i", "a"}, {"", "i", ""}});
  CHECK(circle.services.size() == 2);
  const auto odd = project_of_labels("p", {{"a", "i", ",:::,gone:service_healthy:true"}});
  REQUIRE(odd.services.size() == 1);
  CHECK(odd.services[0].dependencies.size() == 1);
}

}  // namespace saasctl::plan_living_test
