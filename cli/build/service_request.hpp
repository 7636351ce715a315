// The build that a service asks for, with the values that come from variables and from docker's configuration. Private
// to this room.
#pragma once

#include <filesystem>
#include <string>

#include "build/build.hpp"
#include "project/project.hpp"
#include "util/result.hpp"

namespace saasctl::build {

// On images made here: the mark that tells them from pulled ones.
inline constexpr auto built_label = "saasctl.built";

struct RequestOptions {
  bool no_cache = false;
  bool pull_bases = false;
  std::filesystem::path docker_config = {};  // folder of config.json with registry credentials; empty: anonymous
};

// `service` has a build section. Error not_found: a variable of a secret, or SSH_AUTH_SOCK, is not set.
Result<BuildRequest> request_for(const project::Project& project, const project::Service& service,
                                 const RequestOptions& options);

// A variable of the project; empty when it is not set.
std::string variable(const project::Project& project, std::string_view name);

}  // namespace saasctl::build
