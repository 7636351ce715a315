// The build that a service asks for, with the values that come from variables and from docker's configuration. Private
// to this room.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

// Whether the secrets that these builds need can be read; a service without a build needs none. Error not_found: all
// files that are missing or cannot be read and all variables that are not set, each at its line.
Result<void> check_build_secrets(const project::Project& project, const std::vector<const project::Service*>& services);

// `service` has a build section. Errors: those of check_build_secrets(); not_found: SSH_AUTH_SOCK is not set.
Result<BuildRequest> request_for(const project::Project& project, const project::Service& service,
                                 const RequestOptions& options);

// A variable of the project; empty when it is not set.
std::string variable(const project::Project& project, std::string_view name);

}  // namespace saasctl::build
