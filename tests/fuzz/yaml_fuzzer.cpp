// The YAML tree: any bytes give a tree or an error with its place.
#include <algorithm>

#include "fuzz.hpp"
#include "yaml/node.hpp"

using namespace saasctl;
using namespace saasctl::stack;

namespace {

// Entries and items are visited once for each alias: what is counted here is what a reader would meet.
std::size_t size_of(const Node& node) {
  std::size_t size = 1;
  for (const auto& item : node.items) size += size_of(*item);
  for (const auto& entry : node.entries) size += size_of(*entry.value);
  return size;
}

std::size_t levels_of(const Node& node) {
  std::size_t levels = 0;
  for (const auto& item : node.items) levels = std::max(levels, levels_of(*item));
  for (const auto& entry : node.entries) levels = std::max(levels, levels_of(*entry.value));
  return levels + (node.kind == Kind::list || node.kind == Kind::map ? 1 : 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Source source("stack.yaml", std::string(fuzz::text_of(data, size)));
  Diagnostics diagnostics;
  const auto root = parse_yaml(source, diagnostics);
  fuzz::claim_places(diagnostics);
  if (root) fuzz::claim(size_of(*root) <= 2'000'000, "aliases do not unfold without end");
  if (root) fuzz::claim(levels_of(*root) <= 200, "nothing is deeper than the limit");
  return 0;
}
