// Errors of interpolation at their places in the file.
#pragma once

#include <vector>

#include "yaml/diagnostics.hpp"
#include "yaml/interpolate.hpp"
#include "yaml/node.hpp"

namespace saasctl::yaml {

// Adds the errors of the scalar's text, each where its '$' stands (as place_of has it), in linear time.
void add_errors(const Node& node, std::vector<InterpolationError> errors, Diagnostics& diagnostics);

}  // namespace saasctl::yaml
