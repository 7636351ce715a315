// The plan of `saasctl verify`, as the user wrote it.
#pragma once

#include <string>
#include <vector>

#include "stack/declare.hpp"
#include "stack/values.hpp"

namespace saasctl::stack {

struct Check : Located {
  std::string name;
};

const Record<Check>& check_record();

}  // namespace saasctl::stack
