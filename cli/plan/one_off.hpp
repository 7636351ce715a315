// A container of a service for one command, as `run` makes it. Pure.
// Source: docker/compose v5, pkg/compose/run.go (names, labels, what is left out).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace saasctl::plan {

struct OneOffOptions {
  std::string service;
  std::string name;  // of the container
  std::optional<std::vector<std::string>> entrypoint = std::nullopt;
  std::vector<std::string> command = {};  // empty: the service's own, or none with `entrypoint`
  std::optional<std::string> user = std::nullopt;
  std::optional<std::string> working_dir = std::nullopt;
  std::vector<std::string> environment = {};  // NAME=value, over the service's
  std::vector<std::string> binds = {};        // as the API takes them: /host:/container[:ro], volume:/container
  std::vector<stack::Port> ports = {};
  std::vector<std::pair<std::string, std::string>> labels = {};
  bool service_ports = false;  // publish the service's own ports too
  bool no_dependencies = false;
  bool tty = false;
  bool input = false;
  bool remove_by_engine = false;  // when it ends, whoever watches
};

// Everything up to the container, which is created and not started: dependencies up and in the state that the service
// waits for, networks, volumes, secrets. The service's own containers are left alone. Errors as plan_up.
Result<Plan> plan_one_off(const project::Project& project, const ObservedState& observed, const OneOffOptions& options);

// Names of the volumes that carry secrets into the container of this plan of plan_one_off(), whether the plan creates
// them or other containers mount them already.
std::vector<std::string> secret_volumes_of(const Plan& plan, const ObservedState& observed, const std::string& service);

// "[IP:][HOST_PORT:]PORT[/tcp|udp|sctp]", an IPv6 address in brackets; nothing for anything else.
std::optional<stack::Port> parse_published(std::string_view text);

}  // namespace saasctl::plan
