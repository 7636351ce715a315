// Work on a thread of our own: what a library throws there would end the program.
#pragma once

#include <exception>
#include <type_traits>

#include "util/result.hpp"

namespace saasctl {

// What `work`, which gives a Result, returns; failed with the exception's words when it throws.
template <typename Work>
std::invoke_result_t<Work> guarded(const Work& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return failure(error.what());
  }
}

}  // namespace saasctl
