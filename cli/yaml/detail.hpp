// How much an error explains.
#pragma once

#include "yaml/diagnostics.hpp"

namespace saasctl::yaml {

// Whether one more error may look for the nearest name and list all candidates. After so many errors, of which fewer
// are shown, the later ones do without: a file may have a hundred thousand of them.
inline bool explains_more(const Diagnostics& diagnostics) {
  constexpr std::size_t most_explained = 200;
  return diagnostics.list().size() < most_explained;
}

}  // namespace saasctl::yaml
