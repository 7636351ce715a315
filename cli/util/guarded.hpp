// Work on a thread of our own: what a library throws there would end the program.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

#include "util/result.hpp"

namespace saasctl {

// A library's exception as an error. Error failed: in the user's words where the library's say nothing to a user.
inline Error exception_error(const std::exception& exception) {
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
    return {ErrorKind::failed, "out of memory", "give saasctl more memory, or do less at once"};
  const std::string_view words = exception.what();
  if (words.starts_with("[json.exception."))
    return {ErrorKind::failed, "data with an unexpected form: " + std::string(words.substr(words.find("] ") + 2)),
            "this is a fault of saasctl itself; please report it with the command line"};
  return {ErrorKind::failed, std::string(words)};
}

// What `work`, which gives a Result, returns; exception_error() when it throws.
template <typename Work>
std::invoke_result_t<Work> guarded(const Work& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return std::unexpected(exception_error(error));
  }
}

}  // namespace saasctl
