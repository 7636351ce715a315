// Keys of one service that exclude each other, or that name other services.
#pragma once

#include "stack/stack.hpp"

namespace saasctl::stack {

void check_modes(const Stack& stack, Diagnostics& diagnostics);

}  // namespace saasctl::stack
