// What a command that was overtaken may go on with, and what belongs to a newer one.
#include "plan/own.hpp"

#include <algorithm>

#include "planned.hpp"

namespace saasctl::up_own_test {

using namespace saasctl::test;
using plan::Own;

namespace {

std::string newer_services() {
  return replaced(two_services, "LEVEL: info", "LEVEL: debug");
}

plan::Plan plan_of(const project::Project& project, const plan::ObservedState& observed,
                   const plan::UpOptions& options = {}) {
  auto plan = plan::plan_up(project, observed, options);
  REQUIRE(plan);
  return std::move(*plan);
}

plan::ObservedContainer& web_of(plan::ObservedState& observed) {
  return *std::ranges::find(observed.containers, "web", &plan::ObservedContainer::service);
}

// What the command finds after another one with these services has replaced web.
plan::ObservedState after_replacement(const std::string& services) {
  auto now = running(load_shop(services));
  web_of(now).id = "newer";
  return now;
}

std::string message(const std::optional<Error>& error) {
  return error ? error->message : "";
}

}  // namespace

TEST_CASE("a container that a newer command has created with other values is not replaced") {
  const auto project = load_shop(two_services);
  const auto first = running(project);
  const Own own(first);
  const auto now = after_replacement(newer_services());
  const auto error = own.reverts(plan_of(project, now), now);
  REQUIRE(error);
  CHECK(error->kind == ErrorKind::conflict);
  CHECK(error->message ==
        "web: another command has replaced its container while this command ran, and this one does not revert that "
        "(environment.LEVEL debug → info)");
  CHECK(error->hint.find("run it again") != std::string::npos);
  CHECK(own.has_newer(now));
}

TEST_CASE("a container that a newer command has created with the same values is gone on with") {
  const auto project = load_shop(two_services);
  const Own own(running(project));
  const auto now = after_replacement(two_services);
  CHECK(message(own.reverts(plan_of(project, now), now)) == "");
}

TEST_CASE("a container that the command has found or created itself may be replaced") {
  const auto project = load_shop(two_services);
  auto now = running(load_shop(newer_services()));
  CHECK(message(Own(now).reverts(plan_of(project, now), now)) == "");

  Own own(images_only());
  const auto none = images_only();
  const auto plan = plan_of(load_shop(newer_services()), none);
  own.planned(plan);
  for (const auto& container : now.containers) own.created(plan, container.name, container.id);
  CHECK(message(own.reverts(plan_of(project, now), now)) == "");
  CHECK_FALSE(own.has_newer(now));
}

TEST_CASE("a container that a newer command has removed is not created again") {
  const auto project = load_shop(two_services);
  const auto none = images_only();
  Own own(none);
  const auto first_plan = plan_of(project, none);
  own.planned(first_plan);
  // Before it exists, it can be created at any time.
  CHECK(message(own.reverts(first_plan, none)) == "");
  own.created(first_plan, "shop-db-1", "d1");
  CHECK(message(own.reverts(plan_of(project, none), none)) ==
        "db: another command has removed its container while this command ran, and this one does not revert that");
}

TEST_CASE("the number of containers that a newer command has set is not changed back") {
  const auto project = load_shop(two_services);
  const auto first = running(project);
  const Own one(first);
  auto more = first;
  more.containers.push_back(web_of(more));
  more.containers.back().id = "newer";
  more.containers.back().name = "shop-web-2";
  more.containers.back().number = 2;
  CHECK(message(one.reverts(plan_of(project, more), more)) ==
        "web: another command has created its container shop-web-2 while this command ran, and this one does not "
        "revert that (web is scaled to 1)");

  const Own two(more);
  const plan::UpOptions scaled{.scale = {{"web", 2}}};
  CHECK(message(two.reverts(plan_of(project, first, scaled), first)).starts_with("web: another command has removed"));
}

TEST_CASE("what a killed command has left beside a container is removed") {
  const auto project = load_shop(two_services);
  const auto first = running(project);
  const Own own(first);
  auto now = first;
  now.containers.push_back(web_of(now));
  now.containers.back().id = "rest";
  now.containers.back().name = "shop-web-1-next";
  now.containers.back().state = "created";
  const auto next = plan_of(project, now);
  CHECK(lines(next).find("shop-web-1-next") != std::string::npos);
  CHECK(message(own.reverts(next, now)) == "");
}

TEST_CASE("a network that a newer command has created is not replaced") {
  const auto project = load_shop(two_services);
  const auto first = running(project);
  plan::Plan next;
  next.actions.push_back({plan::ReplaceNetwork{"shop_back", "n1", {}, {}}, "internal added", {}});
  CHECK(message(Own(first).reverts(next, first)) == "");
  std::get<plan::ReplaceNetwork>(next.actions.front().work).id = "n2";
  CHECK(message(Own(first).reverts(next, first)).starts_with("network shop_back: another command has created it"));
}

}  // namespace saasctl::up_own_test
