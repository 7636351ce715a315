// One snapshot of the engine: what exists of a project.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.hpp"

namespace saasctl::plan {

// A volume in a container that the file does not name: made by the engine for a VOLUME of the image or a mount
// without source.
struct AnonymousVolume {
  std::string name;
  std::string destination;
};

// The engine's own names for volumes: 64 hex digits.
inline bool is_anonymous(std::string_view volume) {
  return volume.size() == 64 && volume.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

struct PublishedPort {
  std::string host_ip;
  unsigned host_port = 0;
  std::string port;  // in the container: "80/tcp"

  // What only one can hold, whatever the address: "8080/tcp".
  std::string key() const { return std::to_string(host_port) + port.substr(port.find('/')); }
};

struct ObservedContainer {
  std::string id;
  std::string name;
  std::string service;  // of its label
  std::string state;    // created, running, paused, restarting, removing, exited, dead
  std::string image_id;
  std::string hash;                             // of the model it was made from; empty: another tool made it
  std::string model;                            // that model as JSON text; empty likewise
  bool one_off = false;                         // made for a moment by `run` or by a step that was interrupted
  unsigned number = 1;                          // which one of its service's containers it is
  std::optional<int> exit_code = std::nullopt;  // of an exited one
  std::string health = {};                      // healthy, unhealthy, starting; empty: the engine does not watch it
  bool just_started = false;                    // it has not run for long, or nobody can say so
  std::vector<PublishedPort> ports = {};        // published now
  std::vector<AnonymousVolume> anonymous = {};
  std::vector<std::string> networks = {};  // names of those it is attached to
  std::vector<std::string> volumes = {};   // names of those it mounts
  std::vector<std::string> namespace_peers =
      {};  // ids of those whose name spaces it is in, as far as that was looked at
  // As the engine describes it in full: of one that another tool made, and of one whose model has changed.
  std::shared_ptr<const project::Json> inspected = nullptr;
  std::map<std::string, std::string> network_ids = {};  // by name; none of a container that was never started
  std::string folder = {};                              // of the project that created it; empty: unknown
  std::vector<std::string> files = {};                  // that project's files
  std::string hook = {};  // pre_start: it runs before a container of its service starts, and is one_off too

  bool is_up() const { return state == "running" || state == "restarting" || state == "paused"; }
};

struct ObservedImage {
  std::string id;
  std::string user;                                       // of its configuration
  std::shared_ptr<const project::Json> config = nullptr;  // its whole configuration; null at what nobody tells of it
};

// What a network or volume is, key by key as a stack file would say it: "driver", "driver_opts.type",
// "ipam.config[0].subnet". Keys the engine does not tell are not there.
using Facts = std::map<std::string, std::string>;

struct ObservedState {
  std::vector<ObservedContainer> containers;    // of the project, stopped ones too
  std::map<std::string, std::string> networks;  // names that exist → id
  std::vector<std::string> project_networks;    // names of those that carry the project's label
  std::vector<std::string> duplicate_networks;  // ids of the project's that have the name of another, nobody on them
  std::vector<std::string> volumes;             // names that exist, as far as the project names them
  std::vector<std::string> secret_volumes;      // names of the project's volumes that hold secrets
  std::map<std::string, ObservedImage> images;  // by reference; missing images are not there
  std::map<std::string, Facts> network_facts = {};  // of those with the project\'s label, by name
  std::map<std::string, Facts> volume_facts = {};
  std::map<std::string, std::string> network_models = {};     // name → the label that records what it was made from
  std::map<std::string, project::Json> network_bodies = {};   // of changed networks: what creates them again
  std::map<std::string, Facts> attached = {};                 // of changed networks: container id → name
  std::map<std::string, std::set<std::string>> bridges = {};  // interface of a bridge → names of networks that have it
  std::map<std::string, std::string> secret_digests = {};     // secret volume → SALT:HMAC of what it holds
  // Random text, new with every snapshot: the salts of what the plan creates are derived from it, so that a plan stays
  // a function of what it is given.
  std::string entropy = {};
};

}  // namespace saasctl::plan
