// A small reader of the part of JSON Schema that `saasctl schema` uses, so that the schema is held against real files.
#include <set>

#include "catch.hpp"
#include "paths.hpp"
#include "stack/stack.hpp"
#include "stack/template.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

namespace saasctl::schema_test {

using namespace saasctl::stack;

namespace {

bool is_type(const Node& node, const std::string& type) {
  const auto words = describe(node);
  if (type == "object") return node.kind == Kind::map;
  if (type == "array") return node.kind == Kind::list;
  if (type == "null") return node.kind == Kind::null;
  if (type == "string") return words == "a string";
  if (type == "boolean") return words == "true or false";
  if (type == "number") return words == "a number";
  if (type == "integer") return words == "a number" && node.text.find_first_of(".eE") == std::string::npos;
  FAIL("the schema has a type that this test does not know: " << type);
  return false;
}

class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}

  bool accepts(const Node& node, const Json& schema) const {
    if (schema.is_boolean()) return schema.get<bool>();
    if (schema.contains("$ref")) {
      const auto name = schema["$ref"].get<std::string>().substr(std::string("#/$defs/").size());
      REQUIRE(root_["$defs"].contains(name));
      if (!accepts(node, root_["$defs"][name])) return false;
    }
    if (schema.contains("oneOf")) {
      int taken = 0;
      for (const auto& choice : schema["oneOf"]) taken += accepts(node, choice) ? 1 : 0;
      if (taken != 1) return false;
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), Json(node.text)) == schema["enum"].end())
      return false;
    if (schema.contains("type") && !right_type(node, schema["type"])) return false;
    return node.kind == Kind::map ? right_keys(node, schema) : right_items(node, schema);
  }

 private:
  static bool right_type(const Node& node, const Json& type) {
    if (type.is_string()) return is_type(node, type);
    return std::any_of(type.begin(), type.end(), [&](const Json& one) { return is_type(node, one); });
  }

  bool right_items(const Node& node, const Json& schema) const {
    if (node.kind != Kind::list || !schema.contains("items")) return true;
    return std::ranges::all_of(node.items, [&](const auto& item) { return accepts(*item, schema["items"]); });
  }

  bool right_keys(const Node& node, const Json& schema) const {
    for (const auto& name : schema.value("required", Json::array())) {
      if (!node.find(name.get<std::string>())) return false;
    }
    for (const auto& entry : node.entries) {
      if (schema.contains("properties") && schema["properties"].contains(entry.key)) {
        if (!accepts(*entry.value, schema["properties"][entry.key])) return false;
      } else if (schema.contains("patternProperties") && entry.key.starts_with("x-")) {
        continue;
      } else if (schema.contains("additionalProperties") && !accepts(*entry.value, schema["additionalProperties"])) {
        return false;
      }
    }
    return true;
  }

  const Json& root_;
};

const Json& schema() {
  static const Json made = make_schema(stack_record().info(), stack_record().form().records);
  return made;
}

bool accepted(const std::string& text) {
  Diagnostics diagnostics;
  const Source source("stack.yaml", text);
  const auto root = parse_yaml(source, diagnostics);
  REQUIRE(root);
  return Validator(schema()).accepts(*root, schema());
}

std::string bundled() {
  const auto text = read_file(SAASCTL_SOURCE_DIR "/stack.yaml");
  REQUIRE(text);
  return *text;
}

}  // namespace

TEST_CASE("the schema accepts the bundled stack file") {
  CHECK(accepted(bundled()));
}

TEST_CASE("the schema refuses broken stack files") {
  for (const auto* text :
       {"[]", "services: []", "servces: {}", "services: {web: {imge: x}}", "services: {web: {image: 5}}",
        "services: {web: {image: [x]}}", "services: {web: {image: x, provider: {type: y}}}",
        "services: {web: {image: x, ports: 80}}", "services: {web: {image: x, ports: [{published: 80}]}}",
        "services: {web: {image: x, depends_on: {a: {condition: service_up}}}}",
        "services: {web: {image: x, secrets: [{target: x}]}}", "services: {web: {image: x, healthcheck: {test: {}}}}",
        "services: {web: {image: x}}\nverify: {}", "name: [x]"}) {
    INFO(text);
    CHECK_FALSE(accepted(text));
  }
}

TEST_CASE("what the schema refers to is there, and nothing else is") {
  const auto text = schema().dump();
  for (const auto& [name, definition] : schema()["$defs"].items()) {
    INFO(name);
    CHECK(text.find("\"#/$defs/" + name + "\"") != std::string::npos);
    CHECK(definition["properties"].size() > 0);
  }
  for (std::size_t at = text.find("#/$defs/"); at != std::string::npos; at = text.find("#/$defs/", at + 1)) {
    const auto name = text.substr(at + 8, text.find('"', at) - at - 8);
    INFO(name);
    CHECK(schema()["$defs"].contains(name));
  }
}

TEST_CASE("reader, schema and reference page have the same keys") {
  const auto records = stack_record().form().records;
  const auto page = make_reference(stack_record().info(), records);
  for (const auto* record : records) {
    const auto& properties =
        record == &stack_record().info() ? schema()["properties"] : schema()["$defs"][record->name]["properties"];
    std::set<std::string> keys;
    for (const auto& key : record->keys) {
      INFO(record->name << "." << key.name);
      CHECK(keys.insert(key.name).second);
      CHECK(properties.contains(key.name));
      CHECK_FALSE(key.doc.empty());
      CHECK(page.find("| `" + key.name + "`") != std::string::npos);
    }
    CHECK(properties.size() == keys.size());
    CHECK(page.find("\n## " + record->name + "\n") != std::string::npos);
    for (const auto& key : record->refused) {
      INFO(record->name << "." << key.name);
      CHECK_FALSE(keys.contains(key.name));
    }
  }
}

}  // namespace saasctl::schema_test
