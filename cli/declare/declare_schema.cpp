#include <fmt/format.h>

#include <algorithm>

#include "declare/declare.hpp"

namespace saasctl::declare {
namespace {

Json record_schema(const RecordInfo& record) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& key : record.keys) {
    Json property = key.schema();
    property["description"] = key.doc;
    properties[key.name] = std::move(property);
    if (key.required) required.push_back(key.name);
  }
  Json schema = {{"type", "object"},
                 {"description", record.doc},
                 {"properties", std::move(properties)},
                 {"patternProperties", {{"^x-", true}, {"^<<$", true}}},
                 {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' && !out.ends_with('\\')) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string record_page(const RecordInfo& record) {
  auto out = fmt::format("\n## {}\n\n{}\n\n| key | form | meaning |\n|---|---|---|\n", record.name, record.doc);
  for (const auto& key : record.keys) {
    out += fmt::format("| `{}`{}{}{} | {} | {}{} |\n", key.name, key.origin == Origin::ours ? " ◆" : "",
                       key.required ? " (required)" : "", key.also.empty() ? "" : fmt::format(" or `{}`", key.also),
                       cell(key.type_name), cell(key.doc),
                       key.example.empty() ? "" : fmt::format(" Example: `{}`", cell(key.example)));
  }
  if (!record.refused.empty()) {
    out += "\nKeys of Compose that are refused with an error: ";
    for (const auto& key : record.refused)
      out += fmt::format("{}`{}`", &key == &record.refused.front() ? "" : ", ", key.name);
    out += ".\n";
  }
  return out;
}

}  // namespace

Schema::Schema(std::function<Json()> make) : make_(std::make_shared<const std::function<Json()>>(std::move(make))) {}

Json Schema::operator()() const {
  return make_ ? (*make_)() : Json();
}

Schema list_schema(Schema item) {
  return [item = std::move(item)]() -> Json { return {{"type", "array"}, {"items", item()}}; };
}

Schema map_schema(Schema item) {
  return [item = std::move(item)]() -> Json { return {{"type", "object"}, {"additionalProperties", item()}}; };
}

Schema reference_schema(const std::string& record) {
  return [reference = "#/$defs/" + record]() -> Json { return {{"$ref", reference}}; };
}

Schema either_schema(Schema one, Schema other) {
  return [one = std::move(one), other = std::move(other)]() -> Json { return {{"oneOf", {one(), other()}}}; };
}

Schema scalar_schema() {
  return []() -> Json { return {{"type", {"string", "number"}}}; };
}

Schema nothing_schema() {
  return []() -> Json { return {{"type", "null"}}; };
}

Json make_schema(const RecordInfo& root, const std::vector<const RecordInfo*>& records) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "stack.yaml"}};
  schema.update(record_schema(root));
  Json definitions = Json::object();
  for (const auto* record : records) {
    if (record != &root) definitions[record->name] = record_schema(*record);
  }
  schema["$defs"] = std::move(definitions);
  return schema;
}

std::string make_reference(const RecordInfo& root, const std::vector<const RecordInfo*>& records) {
  std::string out = record_page(root);
  for (const auto* record : records) {
    if (record != &root) out += record_page(*record);
  }
  return out;
}

}  // namespace saasctl::declare
