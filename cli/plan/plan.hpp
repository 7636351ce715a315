// What `up` and `down` will do: a graph of actions, each with its cause. Pure: no I/O, no clock.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "plan/observed.hpp"
#include "project/project.hpp"

namespace saasctl::plan {

using project::Json;

struct CreateNetwork {
  std::string name;
  Json body;  // the API's NetworkCreate
};
struct RemoveNetwork {
  std::string name;
};
struct CreateVolume {
  std::string name;
  Json body;  // the API's VolumeCreate
};
struct RemoveVolume {
  std::string name;
};
// Makes a volume of secrets and fills it through a container that is never started.
struct FillSecrets {
  std::string service;
  std::string volume;
  std::string folder;  // where it is mounted
  std::string helper;  // name of that container
  std::string image;
  std::vector<project::Grant> files;
};
struct CreateContainer {
  std::string service;
  std::string name;
  Json body;  // the API's ContainerCreate
  std::string platform;
  std::vector<std::pair<std::string, Json>> connect = {};  // further networks and their EndpointSettings
  std::vector<project::Grant> files = {};                  // configs that are copied into it before it starts
};
struct StartContainer {
  std::string service;
  std::string container;  // name
};
struct StopContainer {
  std::string service;
  std::string container;
};
struct RemoveContainer {
  std::string service;
  std::string container;
};
// Waits until a service is in the state that others wait for.
struct AwaitService {
  std::string service;
  std::string container;
  std::string condition;  // as Compose names it, or engine_healthy: the engine's own status must say so as well
};

using Work = std::variant<CreateNetwork, RemoveNetwork, CreateVolume, RemoveVolume, FillSecrets, CreateContainer,
                          StartContainer, StopContainer, RemoveContainer, AwaitService>;

struct Action {
  Work work;
  std::string cause;  // why: "new", "environment.LOG_LEVEL info → debug"; empty for what follows of itself
  std::vector<std::size_t> after;  // indices of actions that must be done before
};

struct Plan {
  std::vector<Action> actions;  // every action stands after those it waits for
  bool changes = false;         // false: nothing but waiting
};

// One line for people and tests: "auth-service: create container saas-auth-service-1 (new)".
std::string to_line(const Action& action);

enum class Wait {
  none,    // started is enough
  ready,   // our own probe, the healthcheck's command or the engine's status, whichever is first
  engine,  // the engine's status as well
};

struct UpOptions {
  std::vector<std::string> services;  // empty: all; dependencies come along
  bool force_recreate = false;
  Wait wait = Wait::engine;
};

// Error failed: the image of a service is not there (build or pull it first).
Result<Plan> plan_up(const project::Project& project, const Observed& observed, const UpOptions& options);

struct DownOptions {
  bool volumes = false;  // remove the project's volumes too
};

Plan plan_down(const project::Project& project, const Observed& observed, const DownOptions& options);

// A new container in place of the one there is, with the same model; its volumes stay.
Result<Plan> plan_recreate(const project::Project& project, const Observed& observed, const std::string& service);

}  // namespace saasctl::plan
