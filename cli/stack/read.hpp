// Reading a stack from files that may keep their reader waiting: pipes and devices.
#pragma once

#include <stop_token>

#include "stack/stack.hpp"

namespace saasctl::stack {

// read_stack() of stack.hpp, whose waits for a file end when `stop` is set. The caller looks at `stop` afterwards: what
// was not read then is an error in `diagnostics` like any other.
std::optional<Document> read_stack(const Files& files, Diagnostics& diagnostics, const std::stop_token& stop);

}  // namespace saasctl::stack
