// How a service is deployed, and what it may use.
// Source: Compose specification, deploy.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stack/vocabulary.hpp"

namespace saasctl::stack {

// More than any machine has, and what the engine's count of nano-processors can hold.
inline constexpr double most_processors = 1e6;

struct Limits : Located {
  std::optional<Decimal> cpus;
  std::optional<Bytes> memory;
  std::optional<Integer> pids;
};

// Devices such as graphics processors that the engine's drivers find. count and device_ids exclude each other.
struct DeviceRequest : Located {
  std::vector<std::string> capabilities;
  std::optional<std::string> count;  // a number or "all"
  std::vector<std::string> device_ids;
  std::optional<std::string> driver;
  Pairs options;
};

struct DiscreteResource : Located {
  std::optional<std::string> kind;
  std::optional<Integer> value;
};

struct GenericResource : Located {
  std::optional<DiscreteResource> discrete_resource_spec;
};

struct Reservations : Located {
  std::optional<Decimal> cpus;
  std::optional<Bytes> memory;
  std::vector<GenericResource> generic_resources;
  std::vector<DeviceRequest> devices;
};

struct Resources : Located {
  std::optional<Limits> limits;
  std::optional<Reservations> reservations;
};

struct RestartPolicy : Located {
  std::optional<std::string> condition;  // none, on-failure, any
  std::optional<Duration> delay;
  std::optional<Integer> max_attempts;
  std::optional<Duration> window;
};

// How containers are replaced, forwards (update_config) or back (rollback_config).
struct UpdateConfig : Located {
  std::optional<Integer> parallelism;
  std::optional<Duration> delay;
  std::optional<std::string> failure_action;
  std::optional<Duration> monitor;
  std::optional<Decimal> max_failure_ratio;
  std::optional<std::string> order;  // start-first, stop-first
};

struct Preference : Located {
  std::optional<std::string> spread;
};

struct Placement : Located {
  std::vector<std::string> constraints;
  std::vector<Preference> preferences;
  std::optional<Integer> max_replicas_per_node;
};

struct Deploy : Located {
  std::optional<std::string> mode;
  std::optional<Integer> replicas;
  std::optional<Resources> resources;
  std::optional<RestartPolicy> restart_policy;
  std::optional<UpdateConfig> update_config;
  std::optional<UpdateConfig> rollback_config;
  Pairs labels;
  std::optional<Placement> placement;
  std::optional<std::string> endpoint_mode;
};

Codec<Deploy> deploy_form();

// `all`, or a list of devices. Source: 05-services.md, "gpus".
Codec<std::vector<DeviceRequest>> gpus_form();

}  // namespace saasctl::stack
