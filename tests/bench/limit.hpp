// The physical limit: the engine calls that a project's start cannot do without, and nothing else.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/client.hpp"
#include "util/result.hpp"

namespace saasctl::bench {

// One container of a project, as the engine described it when it ran.
struct Service {
  std::string container;  // its name
  nlohmann::json body;    // what it is created from
  std::vector<std::string> dependencies;
  std::vector<std::string> probe;  // the healthcheck's command; empty without one
};

// What a running project is made of.
struct Blueprint {
  std::string project;
  std::vector<nlohmann::json> networks;  // what they are created from
  std::vector<nlohmann::json> volumes;
  std::map<std::string, Service> services;
};

// Error: an engine call failed, or the project has no containers.
Result<Blueprint> blueprint_of(const engine::Client& client, const std::string& project);

// Makes networks and volumes, creates all containers at once, starts each as soon as its dependencies are ready and
// asks its healthcheck's command every 25 ms. Nothing of it may exist yet. Returns the seconds.
Result<double> limit_from_nothing(const engine::Client& client, const Blueprint& blueprint);

// The same with containers that are there and stopped.
Result<double> limit_from_stopped(const engine::Client& client, const Blueprint& blueprint);

}  // namespace saasctl::bench
