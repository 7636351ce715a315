// Variables replaced in a whole tree, before files are merged.
// Source: Compose specification, 13-merge.md: "interpolation is applied before merging".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "yaml/diagnostics.hpp"
#include "yaml/interpolate.hpp"
#include "yaml/node.hpp"

namespace saasctl::yaml {

// What the variables of a tree are, as far as somebody wants to know.
struct VariablesUsed {
  std::vector<std::pair<VariableUse, Position>> uses;
  std::vector<std::pair<std::string, Position>> unset;  // that became "" for want of a value
};

// The tree with every scalar's variables replaced; keys stay as they are. A value that held one is a string, whatever
// it looks like now. Wrong forms and required variables without a value go to `diagnostics`, each once however often
// an alias repeats it. Parts without a variable are shared with `root`.
NodePtr interpolate_tree(const NodePtr& root, const Environment& environment, VariablesUsed& used,
                         Diagnostics& diagnostics);

}  // namespace saasctl::yaml
