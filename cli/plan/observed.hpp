// One photograph of the engine: what there is of a project.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace saasctl::plan {

struct ObservedContainer {
  std::string id;
  std::string name;
  std::string service;  // of its label
  std::string state;    // created, running, paused, restarting, removing, exited, dead
  std::string image_id;
  std::string hash;      // of the model it was made from; empty: another tool made it
  std::string model;     // that model as JSON text; empty likewise
  bool one_off = false;  // made for a moment by `run` or by a step that was interrupted
};

struct ObservedImage {
  std::string id;
  std::string user;  // of its configuration
};

struct Observed {
  std::vector<ObservedContainer> containers;    // of the project, stopped ones too
  std::map<std::string, std::string> networks;  // names that exist → id
  std::vector<std::string> project_networks;    // names of those that carry the project's label
  std::vector<std::string> volumes;             // names that exist, as far as the project names them
  std::vector<std::string> secret_volumes;      // names of the project's volumes that hold secrets
  std::map<std::string, ObservedImage> images;  // by reference; missing images are not there
};

}  // namespace saasctl::plan
