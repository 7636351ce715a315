// Networks and volumes as the Engine's create objects.
#pragma once

#include <string>
#include <vector>

#include "project/project.hpp"

namespace saasctl::plan {

// A map of texts as the API has it; a pair without a value is an empty text.
project::Json object_of(const declare::Pairs& pairs);

// NAME=value of each pair. A pair without a value is its name alone, which removes the variable of that name from the
// environment that the process would inherit.
std::vector<std::string> variables_of(const declare::Pairs& pairs);

// `salt` is that of the record in its label (record.hpp).
// Source: Docker Engine API 1.41, POST /networks/create.
project::Json network_body(const project::Project& project, const project::Network& network, const std::string& salt);

// Source: Docker Engine API 1.41, POST /volumes/create.
project::Json volume_body(const project::Project& project, const project::Volume& volume);

}  // namespace saasctl::plan
