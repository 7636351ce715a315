// A list of names, each standing for an entry with nothing set, or a map.
#pragma once

#include <fmt/format.h>

#include <unordered_set>

#include "declare/declare.hpp"

namespace saasctl::declare {

template <typename T>
Codec<Map<T>> names_or_map(Codec<T> item) {
  auto form = map_of(or_empty(std::move(item)));
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Map<T>> {
    if (node.kind == Kind::map) return read(node, reader);
    if (node.kind != Kind::list) {
      reader.wrong_type(node, "a list of names or a map");
      return std::nullopt;
    }
    Map<T> map;
    std::unordered_set<std::string> known;
    for (const auto& child : node.items) {
      const auto scalar = reader.scalar(*child);
      if (!scalar) continue;
      if (!known.insert(scalar->kept).second) {
        reader.error(*child, fmt::format("'{}' is in this list already", scalar->kept), "keep one of the two");
        continue;
      }
      T value{};
      value.at = child->at;
      map.entries.push_back({scalar->kept, child->at, std::move(value)});
    }
    return map;
  };
  form.schema = [full = form.schema]() -> Json {
    return {{"oneOf", {{{"type", "array"}, {"items", {{"type", "string"}}}}, full()}}};
  };
  form.type_name = "list of names or " + form.type_name;
  return form;
}

}  // namespace saasctl::declare
