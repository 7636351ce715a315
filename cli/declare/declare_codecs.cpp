#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "declare/declare.hpp"
#include "util/text.hpp"
#include "yaml/detail.hpp"
#include "yaml/interpolation_errors.hpp"
#include "yaml/plain_text.hpp"

namespace saasctl::declare {
namespace {

using namespace std::string_literals;

// A form whose value is parsed out of a scalar's text; `parse` returns what was expected when the text is wrong.
// T has the members value and text.
template <typename T, typename Parse>
Codec<T> measured(std::string words, Parse parse, std::function<Json(const T&)> canonical, Schema schema,
                  std::string hint) {
  Codec<T> form;
  form.read = [parse, hint = std::move(hint)](const Node& node, Reader& reader) -> std::optional<T> {
    const auto scalar = reader.scalar(node);
    if (!scalar) return std::nullopt;
    if (!scalar->is_known) return T{{}, scalar->kept};
    const auto value = parse(scalar->value);
    if (!value) {
      reader.error(node, fmt::format("'{}' is not {}", scalar->value, value.error()), hint);
      return std::nullopt;
    }
    return T{*value, scalar->kept};
  };
  form.write = [canonical](const T& value, Style style) -> Json {
    return style == Style::source || has_variable(value.text) ? Json(value.text) : canonical(value);
  };
  form.type_name = std::move(words);
  form.schema = std::move(schema);
  return form;
}

Json number_or_text() {
  return {{"type", {"number", "string"}}};
}

// A number without quotes in the rendered file when the source is a plain number.
Json plain_number(const std::string& text) {
  if (const auto value = parse_integer(text)) return *value;
  if (const auto value = parse_decimal(text)) return *value;
  return text;
}

// Source: compose-go v2, loader/interpolate.go, toBoolean.
std::optional<bool> parse_boolean(std::string_view text) {
  const auto lower = to_lower(text);
  const auto among = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, lower) != names.end();
  };
  if (among({"true", "y", "yes", "on"})) return true;
  if (among({"false", "n", "no", "off"})) return false;
  return std::nullopt;
}

// Permission bits: a number without quotes means what YAML says, quoted digits are octal.
// Source: compose-go v2, types/types.go, FileMode.DecodeMapstructure.
Parsed<unsigned> mode_of(const Node& node, const std::string& text) {
  const bool number = node.plain && text == node.text && describe(node) == "a number";
  if (!number) return parse_file_mode(text);
  const auto value = parse_integer(plain_text(node));
  return value ? parse_file_mode(fmt::format("{:o}", *value)) : parse_file_mode("");
}

// In the largest unit that gives a whole number: "256M".
std::string short_bytes(std::int64_t value) {
  constexpr std::string_view units = "KMGTP";
  std::string unit;
  for (const char next : units) {
    if (value == 0 || value % 1024 != 0) break;
    value /= 1024;
    unit = next;
  }
  return std::to_string(value) + unit;
}

Json as_json(const std::optional<std::string>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// Of several entries with one name the last counts, in the place of the first.
Json in_written_order(const Map<std::optional<std::string>>& map) {
  Json out = Json::object();
  auto& members = out.get_ref<Json::object_t&>();
  std::unordered_map<std::string_view, std::size_t> known;
  for (const auto& entry : map) {
    const auto [place, fresh] = known.emplace(entry.name, members.size());
    if (fresh) {
      members.emplace_back(entry.name, as_json(entry.value));
    } else {
      (members.begin() + static_cast<std::ptrdiff_t>(place->second))->second = as_json(entry.value);
    }
  }
  return out;
}

// The order of such a map means nothing.
Json in_sorted_order(const Map<std::optional<std::string>>& map) {
  std::map<std::string_view, const std::optional<std::string>*> members;
  for (const auto& entry : map) members[entry.name] = &entry.value;
  Json out = Json::object();
  for (const auto& [name, value] : members) append_member(out, std::string(name), as_json(*value));
  return out;
}

}  // namespace

std::optional<Reader::Scalar> Reader::scalar(const Node& node) {
  if (node.kind == Kind::null) return Scalar{"", "", true};
  if (node.kind != Kind::scalar) {
    wrong_type(node, "a single value");
    return std::nullopt;
  }
  if (node.settled) return Scalar{node.text, node.text, true};
  auto result =
      interpolate(node.text, mode_ == Mode::verbatim ? [](std::string_view) { return std::optional<std::string>(); }
                                                     : environment_);
  for (auto& use : result.uses) variables_.emplace_back(std::move(use), node.at);
  const bool required =
      mode_ == Mode::verbatim && std::erase_if(result.errors, [](const auto& error) { return error.only_unset; }) > 0;
  if (!result.errors.empty()) {
    add_errors(node, std::move(result.errors), diagnostics_);
    return std::nullopt;
  }
  const bool is_known = mode_ == Mode::resolve || (!required && result.unset.empty());
  if (mode_ == Mode::resolve) {
    for (auto& name : result.unset) unset_.emplace_back(std::move(name), node.at);
    return Scalar{result.text, result.text, is_known};
  }
  return Scalar{node.text, result.text, is_known};
}

void Reader::wrong_type(const Node& node, std::string_view expected) {
  const bool list = expected.starts_with("a list");
  const auto* hint = list                       ? "begin each entry with '- '"
                     : node.kind == Kind::null  ? "write a value, or remove the key"
                     : expected.contains("map") ? "write NAME: VALUE lines below the key"
                     : node.kind == Kind::list  ? "write one value without '- ' and brackets"
                     : node.kind == Kind::map   ? "write one value without keys below it"
                                                : "write it so, or remove it";
  error(node, fmt::format("expected {}, found {}", expected, describe(node)), hint);
}

Json empty_list() {
  return Json::array();
}

Json empty_map() {
  return Json::object();
}

void add_item(Json& list, Json value) {
  list.push_back(std::move(value));
}

void set_member(Json& map, const std::string& name, Json value) {
  map[name] = std::move(value);
}

void append_member(Json& map, std::string name, Json value) {
  map.get_ref<Json::object_t&>().emplace_back(std::move(name), std::move(value));
}

void append_records(std::vector<const RecordInfo*>& to, const std::vector<const RecordInfo*>& from) {
  for (const auto* record : from) {
    if (std::ranges::find(to, record) == to.end()) to.push_back(record);
  }
}

void unknown_key(const Entry& entry, const RecordInfo& info, Reader& reader) {
  if (const auto found = std::ranges::find(info.refused, entry.key, &KeyInfo::name); found != info.refused.end()) {
    reader.diagnostics().add(
        entry.at, entry.key.size(),
        fmt::format("key '{}' of Compose is not supported in {}: {}", entry.key, info.name, found->why),
        "remove it, or rename it to x-" + entry.key + " to keep it without effect");
    return;
  }
  std::string hint;
  if (explains_more(reader.diagnostics())) {
    std::vector<std::string> names;
    for (const auto& key : info.keys) names.push_back(key.name);
    const auto close = nearest(entry.key, names);
    hint = close ? "did you mean '" + *close + "'?" : "keys of " + info.name + ": " + join(names, ", ");
  }
  reader.diagnostics().add(entry.at, entry.key.size(), fmt::format("unknown key '{}' in {}", entry.key, info.name),
                           std::move(hint));
}

Codec<std::string> any_text() {
  Codec<std::string> form;
  form.read = [](const Node& node, Reader& reader) -> std::optional<std::string> {
    if (node.kind == Kind::null) {
      reader.wrong_type(node, "a string");
      return std::nullopt;
    }
    auto scalar = reader.scalar(node);
    if (!scalar) return std::nullopt;
    return std::move(scalar->kept);
  };
  form.write = [](const std::string& value, Style) -> Json { return value; };
  form.schema = []() -> Json { return {{"type", {"string", "number", "boolean"}}}; };
  form.type_name = "string";
  return form;
}

Codec<std::string> text_or_nothing() {
  auto form = any_text();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    return node.kind == Kind::null ? std::nullopt : read(node, reader);
  };
  form.schema = []() -> Json { return {{"type", {"string", "number", "boolean", "null"}}}; };
  return form;
}

Codec<std::string> text() {
  auto form = any_text();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    if (node.kind == Kind::scalar && describe(node) != "a string") {
      reader.error(node, fmt::format("expected a string, found {}", describe(node)),
                   fmt::format("quote it: \"{}\"", node.text));
      return std::nullopt;
    }
    if (node.kind != Kind::scalar) {
      reader.wrong_type(node, "a string");
      return std::nullopt;
    }
    return read(node, reader);
  };
  form.schema = []() -> Json { return {{"type", "string"}}; };
  return form;
}

Codec<Word> word() {
  Codec<Word> form;
  form.read = [read = text().read](const Node& node, Reader& reader) -> std::optional<Word> {
    auto value = read(node, reader);
    if (!value) return std::nullopt;
    return Word{std::move(*value), node.at};
  };
  form.write = [](const Word& value, Style) -> Json { return value.text; };
  form.schema = []() -> Json { return {{"type", "string"}}; };
  form.type_name = "string";
  return form;
}

Codec<bool> boolean() {
  Codec<bool> form;
  form.read = [](const Node& node, Reader& reader) -> std::optional<bool> {
    const auto scalar = reader.scalar(node);
    if (!scalar) return std::nullopt;
    if (!scalar->is_known) return false;  // the record keeps the text
    if (const auto value = parse_boolean(scalar->value)) return value;
    reader.error(node,
                 node.kind == Kind::null ? "expected true or false, found nothing"s
                                         : fmt::format("expected true or false, found '{}'", scalar->value),
                 "write true or false");
    return std::nullopt;
  };
  form.write = [](const bool& value, Style) -> Json { return value; };
  form.schema = []() -> Json { return {{"type", {"boolean", "string"}}}; };
  form.type_name = "boolean";
  return form;
}

Codec<Integer> integer(std::int64_t least, std::int64_t most) {
  const auto words = most == INT64_MAX ? "an integer"s : fmt::format("an integer from {} to {}", least, most);
  auto form = measured<Integer>(
      "integer",
      [=](const std::string& value) -> Parsed<std::int64_t> {
        const bool negative = value.starts_with('-');
        const auto number = parse_integer(std::string_view(value).substr(negative ? 1 : 0));
        const auto whole = number ? (negative ? -*number : *number) : least;
        if (!number || whole < least || whole > most) return std::unexpected(words);
        return whole;
      },
      [](const Integer& value) -> Json { return value.value; },
      []() -> Json {
        return {{"type", {"integer", "string"}}};
      },
      "write a whole number in decimal digits");
  form.write = [](const Integer& value, Style style) -> Json {
    return style == Style::source || has_variable(value.text) ? plain_number(value.text) : Json(value.value);
  };
  return form;
}

Codec<Decimal> decimal(double least, double most) {
  auto form = measured<Decimal>(
      "number",
      [=](const std::string& value) -> Parsed<double> {
        auto number = parse_decimal(value);
        if (number && (*number < least || *number > most))
          return std::unexpected(fmt::format("a number from {} to {}", least, most));
        return number;
      },
      [](const Decimal& value) -> Json { return value.value; }, number_or_text, "write it in decimal digits");
  return form;
}

Codec<Duration> duration() {
  return measured<Duration>(
      "duration", [](const std::string& value) { return parse_duration(value); },
      [](const Duration& value) -> Json { return format_duration(value.value); },
      []() -> Json {
        return {{"type", "string"}};
      },
      "the units are ns, us, ms, s, m, h, d and w");
}

Codec<Bytes> bytes() {
  auto form = measured<Bytes>(
      "size", [](const std::string& value) { return parse_bytes(value); },
      [](const Bytes& value) -> Json { return short_bytes(value.value); }, number_or_text,
      "the units are b, k, m, g, t and p");
  form.read = [read = form.read](const Node& node, Reader& reader) {
    if (node.kind != Kind::scalar) return read(node, reader);
    auto number = node;
    number.text = plain_text(node);
    return read(number, reader);
  };
  return form;
}

Codec<std::string> file_mode() {
  auto form = any_text();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    auto text = read(node, reader);
    if (!text || (reader.mode() == Mode::verbatim && has_variable(*text))) return text;
    if (const auto mode = mode_of(node, *text)) return format_file_mode(*mode);
    const bool decimal = node.plain && parse_integer(*text) && parse_file_mode(*text);
    reader.error(node, fmt::format("'{}' is not an octal mode such as 0440", *text),
                 decimal ? fmt::format("without a 0 before it the number is decimal: write 0{}", *text)
                         : "write octal digits with a leading 0, at most 07777");
    return std::nullopt;
  };
  form.schema = []() -> Json { return {{"type", {"integer", "string"}}}; };
  form.type_name = "octal mode";
  return form;
}

Codec<std::string> one_of(std::vector<std::string> names) {
  auto form = any_text();
  form.schema = [names]() -> Json { return {{"enum", names}}; };
  form.type_name = join(names, " \\| ");
  form.read = [read = form.read, names](const Node& node, Reader& reader) -> std::optional<std::string> {
    auto value = read(node, reader);
    if (!value || std::ranges::find(names, *value) != names.end()) return value;
    if (reader.mode() == Mode::verbatim && has_variable(*value)) return value;
    const auto close = explains_more(reader.diagnostics()) ? nearest(*value, names) : std::nullopt;
    reader.error(node, fmt::format("'{}' is not one of {}", *value, join(names, ", ")),
                 close ? "did you mean '" + *close + "'?" : "write one of these, or remove the key");
    return std::nullopt;
  };
  return form;
}

Codec<std::string> checked_text(std::string words, std::string regex, std::function<bool(std::string_view)> valid) {
  auto form = any_text();
  form.schema = [regex = std::move(regex)] {
    Json schema = {{"type", {"string", "number"}}};
    if (!regex.empty()) schema["pattern"] = regex;
    return schema;
  };
  form.type_name = words;
  form.read = [read = form.read, words, valid](const Node& node, Reader& reader) -> std::optional<std::string> {
    auto value = read(node, reader);
    if (!value || valid(*value) || (reader.mode() == Mode::verbatim && has_variable(*value))) return value;
    reader.error(node, fmt::format("'{}' is not {}", *value, words), "write such a value, or remove the key");
    return std::nullopt;
  };
  return form;
}

Codec<std::vector<std::string>> command() {
  const auto list = list_of(any_text());
  Codec<std::vector<std::string>> form;
  form.read = [many = list.read](const Node& node, Reader& reader) -> std::optional<std::vector<std::string>> {
    if (node.kind == Kind::list) return many(node, reader);
    if (node.kind == Kind::null) return std::nullopt;  // as if the key were not there: the image's own command
    const auto scalar = reader.scalar(node);
    if (!scalar) return std::nullopt;
    auto words = split_command(scalar->kept, reader.mode() == Mode::verbatim && !node.settled);
    if (!words) {
      reader.error(node, fmt::format("the command line lacks {}", words.error()), "or write it as a list of words");
      return std::nullopt;
    }
    const auto meant = split_command(scalar->value, false);
    if (scalar->is_known && (!meant || meant->size() != words->size())) {
      reader.error(node, "a variable of this command line expands to several words",
                   "write the command as a list of words");
      return std::nullopt;
    }
    return std::move(*words);
  };
  form.write = list.write;
  form.schema = [list = list.schema]() -> Json { return {{"oneOf", {{{"type", "string"}}, list()}}}; };
  form.type_name = "command line or list of words";
  return form;
}

Codec<Map<std::optional<std::string>>> pairs(char separator) {
  Codec<Map<std::optional<std::string>>> form;
  const auto read_list = [separator](const Node& node, Reader& reader) {
    Map<std::optional<std::string>> map;
    for (const auto& item : node.items) {
      if (item->kind == Kind::scalar && describe(*item) != "a string") {
        reader.wrong_type(*item, fmt::format("NAME{}VALUE", separator));
        continue;
      }
      const auto scalar = reader.scalar(*item);
      if (!scalar) continue;
      const auto at = scalar->kept.find(separator);
      if (at == 0 || scalar->kept.empty()) {
        reader.error(*item, fmt::format("'{}' has no name before its value", scalar->kept),
                     fmt::format("write NAME{}VALUE", separator));
        continue;
      }
      std::optional<std::string> value;
      if (at != std::string::npos) value = scalar->kept.substr(at + 1);
      map.entries.push_back({scalar->kept.substr(0, at), item->at, std::move(value)});
    }
    return map;
  };
  form.read = [read_list](const Node& node, Reader& reader) -> std::optional<Map<std::optional<std::string>>> {
    if (node.kind == Kind::list) return read_list(node, reader);
    if (node.kind != Kind::map) {
      reader.wrong_type(node, "a map or a list of KEY=VALUE");
      return std::nullopt;
    }
    Map<std::optional<std::string>> map;
    for (const auto& entry : node.entries) {
      if (entry.value->kind == Kind::null) {
        map.entries.push_back({entry.key, entry.at, std::nullopt});
      } else if (auto scalar = reader.scalar(*entry.value)) {
        map.entries.push_back(
            {entry.key, entry.at, scalar->kept == entry.value->text ? plain_text(*entry.value) : scalar->kept});
      }
    }
    return map;
  };
  form.write = [](const Map<std::optional<std::string>>& map, Style style) {
    return style == Style::canonical ? in_sorted_order(map) : in_written_order(map);
  };
  form.schema = []() -> Json {
    return {{"oneOf",
             {{{"type", "object"}, {"additionalProperties", {{"type", {"string", "number", "boolean", "null"}}}}},
              {{"type", "array"}, {"items", {{"type", "string"}}}}}}};
  };
  form.type_name = fmt::format("map or list of KEY{}VALUE", separator);
  return form;
}

namespace {

std::optional<Json> read_anything(const Node& node, Reader& reader) {
  Json out;
  switch (node.kind) {
    case Kind::null:
      return out;
    case Kind::list:
      out = Json::array();
      for (const auto& item : node.items) {
        if (auto value = read_anything(*item, reader)) out.push_back(std::move(*value));
      }
      return out;
    case Kind::map:
      out = Json::object();
      for (const auto& entry : node.entries) {
        if (auto value = read_anything(*entry.value, reader)) append_member(out, entry.key, std::move(*value));
      }
      return out;
    case Kind::scalar:
      break;
  }
  const auto scalar = reader.scalar(node);
  if (!scalar) return std::nullopt;
  if (!node.plain || scalar->kept != node.text) return Json(scalar->kept);
  const auto kind = describe(node);
  if (kind == "true or false") return Json(to_lower(node.text) == "true");
  if (kind == "a number") return plain_number(node.text);
  return Json(node.text);
}

}  // namespace

Codec<Json> anything() {
  Codec<Json> form;
  form.read = read_anything;
  form.write = [](const Json& value, Style) { return value; };
  form.schema = [] { return Json::object(); };
  form.type_name = "any value";
  return form;
}

}  // namespace saasctl::declare
