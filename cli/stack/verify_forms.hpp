// Forms that only the verification plan uses; those of stack/declare.hpp serve the rest.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "stack/verify.hpp"
#include "stack/vocabulary.hpp"
#include "util/text.hpp"

namespace saasctl::stack {

// A plain value, `exists`, `absent`, or a map of comparisons read by `comparisons`, which may refer to this form. In
// quotes the two words are values. Written without them, as a JSON text could not tell the words from the values.
Codec<Expectation> expectation_form(std::function<const Record<Expectation>&()> comparisons);

// A form that holds at most one value in a vector, so that a record can contain its own kind.
Codec<std::vector<Expectation>> nested(Codec<Expectation> form);

Codec<Status> status_form();
Codec<Target> target_form();
Codec<Healthy> healthy_form();
Codec<std::string> pointer_form();
Codec<std::string> regex_form();
Codec<Json> number_form();  // a number, or one {{name}}

// A string in which every {{name}} is well formed.
Codec<std::string> template_text();
// Any value, likewise for the strings in it.
Codec<Json> template_value();

// What a name in a map must look like: the absent answer means it is right, else what was expected.
using NameRule = std::function<std::optional<std::string>(std::string_view)>;

NameRule pointer_names();
NameRule header_names();
NameRule placeholder_names();
NameRule any_names();

// map_of(), but x- names are members like all others and each name is held against `rule`.
template <typename T>
Codec<Map<T>> named(Codec<T> item, NameRule rule, std::string words) {
  auto form = map_of(item);
  form.read = [read = item.read, rule, words](const Node& node, Reader& reader) -> std::optional<Map<T>> {
    if (node.kind != Kind::map) {
      reader.wrong_type(node, "a map of " + words);
      return std::nullopt;
    }
    Map<T> values;
    for (const auto& entry : node.entries) {
      if (const auto expected = rule(entry.key)) {
        reader.diagnostics().add(entry.at, entry.key.size(), "'" + entry.key + "' is not " + *expected);
      }
      if (auto value = read(*entry.value, reader)) values.entries.push_back({entry.key, entry.at, std::move(*value)});
    }
    return values;
  };
  form.type_name = "map of " + words;
  return form;
}

}  // namespace saasctl::stack
