// How one tree is laid over another: several files, a service and the one it extends, a resource and its namesake in an
// included file, `defaults:` and a service.
// Source: Compose specification, 13-merge.md; where it is silent, compose-go v2, override/merge.go and uncity.go.
#pragma once

#include "stack/vocabulary.hpp"
#include "yaml/diagnostics.hpp"
#include "yaml/node.hpp"

namespace saasctl::stack {

// `over` laid over `base`, two files' roots: maps are merged, lists appended, other values replaced, and what Compose
// has rules of its own for by those. Values of `over` with !reset take away, with !override replace; the tags stay in
// the result, so that it can be laid over a third tree: see without_tags. Two values that cannot be merged (a map and a
// list) go to `diagnostics`. The trees' parts are shared with the result.
NodePtr merge_files(const NodePtr& base, const NodePtr& over, Diagnostics& diagnostics);

// The same for two services.
NodePtr merge_services(const NodePtr& base, const NodePtr& over, Diagnostics& diagnostics);

// The same for two resources of the section (services, networks, volumes, …).
NodePtr merge_resources(std::string_view section, const NodePtr& base, const NodePtr& over, Diagnostics& diagnostics);

// What was to be reset is gone, and nothing remembers that it replaces something.
NodePtr without_tags(const NodePtr& root);

// The file's root with one entry of a kind in every list whose entries have a key (ports, the target of a volume, the
// name of a variable, …): the last one, in the place of the first.
NodePtr without_duplicates(const NodePtr& root);

// True when both mean the same, wherever they are written and in whatever order their keys stand.
bool equal(const Node& a, const Node& b);

}  // namespace saasctl::stack
