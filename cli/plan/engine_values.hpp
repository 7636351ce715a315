// Values of a container as the engine has them, made comparable and shown as a stack file would say them. Source:
// Docker Engine API 1.41, ContainerInspect.
#pragma once

#include <map>
#include <set>
#include <string>

#include "project/project.hpp"

namespace saasctl::plan {

using project::Json;

// The key that sets an engine's field: "deploy.resources.limits.memory" for "Memory"; the field itself when there is
// none.
std::string path_of(const std::string& field);

// What says nothing: null, false, 0, an empty text, list or object.
bool is_empty(const Json& value);

// Null when there is none, or `object` is no object.
const Json& member(const Json& object, const std::string& key);

// Objects without their empty members, so that what is not said equals what says nothing.
Json dense(const Json& value);

// The value of a field so that two which mean the same are equal; null for what says nothing.
Json normal(const std::string& field, const Json& value);

// The engine's number as a stack file would have it.
Json as_written(const std::string& field, const Json& value);

// Target → options of what lies in memory, asked for in either way (HostConfig).
std::map<std::string, std::set<std::string>> tmpfs_of(const Json& host);

// Name → value of a list of NAME=value.
std::map<std::string, std::string> environment_of(const Json& list);

}  // namespace saasctl::plan
