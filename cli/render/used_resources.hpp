// What services use of the top level of a stack file.
#pragma once

#include <set>
#include <string>

#include "stack/service.hpp"

namespace saasctl::render {

struct UsedResources {
  std::set<std::string> networks, volumes, secrets, configs;

  void add(const stack::Service& service);

 private:
  void add_named(const stack::Service& service);
};

}  // namespace saasctl::render
