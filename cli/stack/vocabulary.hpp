// The names that declarations are made of. Every file of this room uses dozens of them, so they stand unqualified here.
#pragma once

#include "declare/declare.hpp"

namespace saasctl::stack {

using namespace yaml;
using namespace declare;

}  // namespace saasctl::stack
