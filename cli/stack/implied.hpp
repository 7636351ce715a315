// Dependencies that follow from other keys than depends_on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stack/service.hpp"

namespace saasctl::stack {

struct Implied {
  std::string service;
  std::string key;  // that names it
  Position at;      // of the key
  bool restart;     // as depends_on.restart
};

// Services named by links, volumes_from, and network_mode, ipc, pid as service:NAME. A name that holds a variable is
// left out. Source: compose-spec/compose-go, loader/normalize.go.
std::vector<Implied> implied_dependencies(const Service& service);

// depends_on, and after it what is implied and not there already, with the condition service_started.
std::vector<Named<Dependency>> all_dependencies(const Service& service);

// Services whose container must be there before one of this service can be made: volumes_from, and name spaces.
std::vector<std::string> sharing(const Service& service);

// NAME of "service:NAME", otherwise empty.
std::string_view service_of(std::string_view mode);

// service of "service[:ro]", empty for "container:NAME".
std::string_view volumes_service(std::string_view from);

}  // namespace saasctl::stack
