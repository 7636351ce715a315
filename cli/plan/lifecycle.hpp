// What is done with the containers that are there: stop, start, restart, kill, pause, remove. Pure: no I/O, no clock.
#pragma once

#include <string>
#include <vector>

#include "plan/observed_state.hpp"
#include "plan/plan.hpp"
#include "project/project.hpp"

namespace saasctl::plan {

// What the verbs below are given. `services` empty: all services of the project; containers of services that the
// project does not have are touched only when they are named. One-off containers are left alone.
struct Lifecycle {
  const project::Project& project;
  const std::vector<ObservedContainer>& containers;
  std::vector<std::string> services = {};
};

// Dependants stop before what they depend on.
Plan plan_stop(const Lifecycle& living);

// Starts what is stopped and resumes what is paused, with the dependencies of the named services, each after what it
// depends on is as its condition says. Error not_found: a named service has no container.
Result<Plan> plan_start(const Lifecycle& living);

// Stops in the one order and starts in the other; services that depend on a restarted one with `restart: true` are
// restarted as well, unless `no_dependants`. Error not_found: a named service has no container.
Result<Plan> plan_restart(const Lifecycle& living, bool no_dependants);

// Everything that runs, at once.
Plan plan_kill(const Lifecycle& living, const std::string& signal);

Plan plan_pause(const Lifecycle& living);
Plan plan_unpause(const Lifecycle& living);

struct RemoveOptions {
  bool stop = false;     // what runs is stopped before; otherwise it is left alone
  bool volumes = false;  // anonymous volumes too
};

Plan plan_remove(const Lifecycle& living, const RemoveOptions& options);

// With `volumes` its anonymous volumes go too, also those that it inherited.
RemoveContainer removal_of(const ObservedContainer& container, bool volumes);

// The services that a project's containers tell of, in the order that their labels give: a project for verbs that are
// used without a stack file. Its services have a name, an image and their dependencies, nothing else.
struct LabelledContainer {
  std::string service;
  std::string image;
  std::string depends_on;  // the label: "db:service_healthy:false,cache:service_started:true"
};

project::Project project_of_labels(const std::string& name, const std::vector<LabelledContainer>& containers);

}  // namespace saasctl::plan
