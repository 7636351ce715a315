// Paths below the caller's home folder.
#pragma once

#include <string>

#include "yaml/interpolate.hpp"

namespace saasctl::project {

// The path with HOME in place of a "~" at its start; "~name" is "name" in that folder, as docker compose reads it. The
// path itself when it does not begin so, or HOME is not set. Source: compose-go v2, paths/home.go, ExpandUser.
std::string with_home(const std::string& path, const yaml::Environment& environment);

}  // namespace saasctl::project
