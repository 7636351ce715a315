// Which build of a run stands on the image of another: that one comes first. Pure. Private to this room.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace saasctl::build {

struct OrderedBuild {
  std::string name;                // of the service, for messages
  std::vector<std::string> tags;   // the names that its image gets
  std::vector<std::string> bases;  // the images that its Dockerfile names
};

struct BuildOrder {
  std::vector<std::vector<std::size_t>> bases;  // of each build, the builds that come before it
  std::vector<std::string> cycles;  // of each build that stands on itself in the end: "a → b → a"; else empty
};

// A build whose own name is its base (FROM x under the name x) does not wait for itself.
BuildOrder order_builds(const std::vector<OrderedBuild>& builds);

}  // namespace saasctl::build
