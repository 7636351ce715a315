// YAML as a tree in which every value knows where it was written. Anchors, aliases and merge keys (<<) are resolved;
// nothing is interpreted further.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/diagnostics.hpp"
#include "yaml/source.hpp"

namespace saasctl::yaml {

struct Node;
using NodePtr = std::shared_ptr<const Node>;  // shared: an alias is the anchor's own node

enum class Kind { null, scalar, list, map };

// What a value says of the one it would be merged with. reset: neither of the two is there. replace: this one alone.
// Source: Compose specification, 13-merge.md, "Reset value" and "Replace value".
enum class Tag { none, reset, replace };

struct Entry {
  std::string key;
  Position at;  // of the key
  NodePtr value;
};

struct Node {
  Kind kind = Kind::null;
  Position at;
  std::string text;      // scalar: the value, unescaped
  bool plain = true;     // scalar: written without quotes, so that true, 5 and null keep their types
  bool settled = false;  // scalar: its variables are replaced already, a '$' is just that
  Tag tag = Tag::none;
  std::size_t written = 0;  // scalar whose text is not what was written: the bytes that were
  std::vector<NodePtr> items;
  std::vector<Entry> entries;

  // The value of `key` in a map, or nullptr.
  const Node* find(std::string_view key) const;
  // Bytes to underline when the value as a whole is meant.
  std::size_t width() const;
};

// "a map", "a list", "a string", "a number", "true or false", "nothing": for messages.
std::string_view describe(const Node& node);

// Where the '$' at text[offset] of a scalar as written stands in the file: quotes, escapes, block scalars and folded
// lines shift it, but none of them adds or removes a dollar sign.
Position place_of(const Node& node, std::size_t offset);

// Parses one document. Syntax errors, bytes that are not UTF-8 text, duplicate keys, keys that are no strings, tags
// that would change a value's meaning, and trees of more than a million nodes or 200 levels of maps and lists (every
// alias counted as if its anchor's value were written out) go to `diagnostics`; nullptr: there is no tree to read on.
// Source: YAML 1.2.2, section 10.3 (core schema); merge keys as in the YAML 1.1 type repository.
NodePtr parse_yaml(const Source& source, Diagnostics& diagnostics);

// The same for a file of any number of documents, whose values may carry !reset and !override. Empty documents are left
// out; so is everything from the first syntax error on.
std::vector<NodePtr> parse_documents(const Source& source, Diagnostics& diagnostics);

}  // namespace saasctl::yaml
