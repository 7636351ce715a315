// Keys that engines older than the one they came with read over without a word. Pure.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace saasctl::plan {

struct EngineNeed {
  std::string of;       // the service, or "network NAME"
  std::string key;      // of the stack file: "healthcheck.start_interval"
  int api_minor = 0;    // the first version of the API that knows it is 1.api_minor
  std::string engine;   // the Docker Engine that brought it: "25"
  bool strict = false;  // without it the container would be another one than was asked for: it must not be made

  bool operator==(const EngineNeed&) const = default;
};

// What the plan creates by keys that an engine of API 1.`api_minor` does not know, in the order of the plan, each once.
// Source: Docker Engine API, "Version history"; docker/compose v5, pkg/compose/create.go, for what is strict.
std::vector<EngineNeed> unmet_needs(const Plan& plan, int api_minor);

// "web: interface_name needs Docker Engine 28.1 (API 1.49), and this engine has API 1.41".
std::string describe(const EngineNeed& need, int api_minor);

}  // namespace saasctl::plan
