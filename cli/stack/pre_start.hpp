// Containers that run before a service starts take over what the service says.
#pragma once

#include "stack/vocabulary.hpp"
#include "yaml/diagnostics.hpp"
#include "yaml/node.hpp"

namespace saasctl::stack {

// The file's root with the keys of each service under those of the maps in its pre_start, merged as two files are.
// Volumes are left out: the containers get them from one of the service's own. The variables are replaced already.
// Source: compose-go v2.16, loader/normalize.go, resolvePreStartHooks.
NodePtr complete_pre_start(const NodePtr& root, Diagnostics& diagnostics);

}  // namespace saasctl::stack
