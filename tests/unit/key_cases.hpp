// The cases of tests/data/key_effect: what each key of Compose changes in the requests to the engine.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "declare/support.hpp"
#include "key_requests.hpp"
#include "paths.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

namespace saasctl::test {

// One entry; tests/data/key_effect/README.md says what the members mean.
struct KeyCase {
  std::string key;
  KeyJson spec;

  std::string text(const char* member) const { return spec.contains(member) ? spec.at(member).get<std::string>() : ""; }
  bool has(const char* member) const { return spec.contains(member); }

  // Which member holds the texts.
  std::string place() const {
    for (const auto* name : {"web", "top", "services", "whole"}) {
      if (spec.contains(name)) return name;
    }
    return "";
  }
  std::vector<std::string> values() const { return texts(place().c_str()); }

  // One text or a list of them.
  std::vector<std::string> texts(const char* member) const {
    if (!spec.contains(member)) return {};
    const auto& value = spec.at(member);
    if (value.is_string()) return {value.get<std::string>()};
    return value.get<std::vector<std::string>>();
  }

  std::map<std::string, std::string> map(const char* member) const {
    return spec.contains(member) ? spec.at(member).get<std::map<std::string, std::string>>()
                                 : std::map<std::string, std::string>();
  }

  // The stack file with this text in its place.
  std::string file(const std::string& text) const {
    const auto at = place();
    if (at == "whole") return text + "\n";
    std::string out = "name: shop\nservices:\n  web:\n";
    const auto line = [&](const std::string& indent, const std::string& part) {
      if (!part.empty()) out += indent + part + "\n";
    };
    if (!has("own_image")) line("    ", "image: \"web:1\"");
    for (const auto& part : texts("with")) line("    ", part);
    if (at == "web") line("    ", text);
    line("  ", "db: {image: \"db:1\"}");
    for (const auto& part : texts("more")) line("  ", part);
    if (at == "services") line("  ", text);
    for (const auto& part : texts("context")) line("", part);
    if (at == "top") line("", text);
    return out;
  }

  // The tree of requests; {"error": message} when there are none.
  KeyJson requests(const std::string& text) const {
    KeyScene running;
    for (const auto& [path, content] : map("files")) running.files[path] = content;
    running.files["stack.yaml"] = file(text);
    for (const auto& [name, value] : map("variables")) running.environment[name] = value;
    running.profiles = texts("profiles");
    running.sockets = texts("sockets");
    const auto at = this->text("at");
    running.with_images = has("images") || std::ranges::any_of(std::array{"/images", "/builds", "/sent",
                                                                          "/build_secrets", "/agents", "/refused"},
                                                               [&](const auto* part) { return at.starts_with(part); });
    auto made = KeyRequests(running).make();
    return made ? std::move(*made) : KeyJson{{"error", made.error().message}};
  }
};

inline KeyJson json_of(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::Kind::null:
      return nullptr;
    case yaml::Kind::list: {
      auto out = KeyJson::array();
      for (const auto& item : node.items) out.push_back(json_of(*item));
      return out;
    }
    case yaml::Kind::map: {
      auto out = KeyJson::object();
      for (const auto& entry : node.entries) out[entry.key] = json_of(*entry.value);
      return out;
    }
    case yaml::Kind::scalar:
      break;
  }
  const auto kind = yaml::describe(node);
  const bool negative = node.text.starts_with('-');
  const auto number = parse_integer(std::string_view(node.text).substr(negative ? 1 : 0));
  if (node.plain && kind == "true or false") return node.text == "true";
  if (node.plain && kind == "a number" && number) return negative ? -*number : *number;
  return node.text;
}

// A file of tests/data/key_effect. Throws when it is not YAML.
inline KeyJson key_data(const std::string& name) {
  const auto text = read_file(SAASCTL_SOURCE_DIR "/tests/data/key_effect/" + name);
  if (!text) throw std::runtime_error(text.error().message);
  yaml::Diagnostics diagnostics;
  const yaml::Source source(name, *text);
  const auto tree = yaml::parse_yaml(source, diagnostics);
  if (!tree) throw std::runtime_error(diagnostics.text());
  return json_of(*tree);
}

inline std::vector<KeyCase> key_cases(const std::string& file) {
  std::vector<KeyCase> cases;
  const auto data = key_data(file);
  for (const auto& [key, spec] : data.items()) cases.push_back({key, spec});
  return cases;
}

// Whether the keys of `path` are there in this order, with any names between them.
inline bool has_path(const yaml::Node& node, const std::vector<std::string>& path, std::size_t from = 0) {
  if (from == path.size()) return true;
  const auto below = [&](const yaml::Node& child) { return has_path(child, path, from); };
  if (node.kind == yaml::Kind::list)
    return std::ranges::any_of(node.items, [&](const auto& item) { return below(*item); });
  if (node.kind != yaml::Kind::map) return false;
  const auto* child = node.find(path[from]);
  return (child && has_path(*child, path, from + 1)) ||
         std::ranges::any_of(node.entries, [&](const auto& entry) { return below(*entry.value); });
}

// Whether the file sets the key: in the service `web` for a key of services, else anywhere.
inline bool sets_key(const std::string& file, const std::string& key) {
  yaml::Diagnostics diagnostics;
  const yaml::Source source("stack.yaml", file);
  const auto tree = yaml::parse_yaml(source, diagnostics);
  if (!tree) return false;
  auto path = split(key, '.');
  const yaml::Node* node = tree.get();
  if (path.front() == "services") {
    path.erase(path.begin());
    node = node->find("services");
    if (node) node = node->find("web");
  }
  return node && has_path(*node, path);
}

inline KeyJson value_at(const KeyJson& tree, const std::string& pointer) {
  const KeyJson::json_pointer at(pointer);
  return tree.contains(at) ? tree.at(at) : KeyJson();
}

// What a container is made from, without the labels that tell of the model itself.
inline KeyJson container_of(const KeyJson& tree) {
  KeyJson out = KeyJson::object();
  for (const auto* part : {"containers", "connect", "files", "secrets", "platform", "pre_start"})
    out[part] = value_at(tree, fmt::format("/{}/web", part));
  if (out["containers"].is_object()) {
    auto& labels = out["containers"]["Labels"];
    for (const auto* own : {"saasctl.model", "com.docker.compose.config-hash", "com.docker.compose.depends_on"})
      labels.erase(own);
  }
  return out;
}

// What is wrong with a case or with the key that it is about; empty: nothing.
class KeyJudge {
 public:
  KeyJudge(const KeyCase& one, declare::Support support) : case_(one), support_(support) {}

  std::vector<std::string> problems() {
    check_form();
    if (!problems_.empty()) return problems_;
    const auto values = case_.values();
    const auto without = case_.requests(case_.text("without"));
    const auto gives = case_.spec.at("gives");
    const auto at = case_.text("at");
    const auto before = value_at(without, at);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto tree = case_.requests(values[i]);
      const auto found = value_at(tree, at);
      const auto of = fmt::format("'{}'", values[i]);
      if (found != gives[i]) problem("{}: {} is {}, not {}{}", of, at, found, gives[i], error_of(tree));
      const bool is_default = case_.has("nothing") || (case_.has("default") && i + 1 == values.size());
      if (is_default != (found == before))
        problem(is_default ? "{}: {} is {}, but {} without the key" : "{}: no effect, {} is {} as without the key", of,
                at, found, before);
      compare_hashes(of, without, tree);
    }
    return problems_;
  }

 private:
  template <typename... Values>
  void problem(std::string_view text, const Values&... values) {
    problems_.push_back(fmt::format(fmt::runtime(text), shown(values)...));
  }
  static std::string shown(const std::string& text) { return text; }
  static std::string shown(const KeyJson& value) { return value.dump(); }

  static std::string error_of(const KeyJson& tree) {
    for (const auto* why : {"error", "refused"}) {
      if (tree.contains(why)) return "\n" + tree.at(why).get<std::string>();
    }
    return {};
  }

  void check_form() {
    const auto values = case_.values();
    const auto& gives = case_.spec.contains("gives") ? case_.spec.at("gives") : KeyJson::array();
    if (!gives.is_array() || gives.size() != values.size() || values.empty() || !case_.has("at"))
      return problem("a case has texts, `at` and as many results in `gives`");
    const bool one_is_enough = case_.has("only") || support_ != declare::Support::full;
    if (values.size() < 2 && !one_is_enough) problem("a key with full support is tried with two values");
    if (case_.has("nothing") && support_ != declare::Support::partly) problem("`nothing` is for keys supported partly");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!sets_key(case_.file(values[i]), case_.key)) problem("'{}' does not set the key", values[i]);
      for (std::size_t j = 0; j < i; ++j) {
        if (gives[i] == gives[j]) problem("'{}' and '{}' give the same", values[j], values[i]);
      }
    }
    if (sets_key(case_.file(case_.text("without")), case_.key)) problem("`without` sets the key");
  }

  // `up` recreates a container when the hash of its model differs, and then only.
  void compare_hashes(const std::string& of, const KeyJson& without, const KeyJson& tree) {
    const auto made = [](const KeyJson& one) { return one.contains(KeyJson::json_pointer("/containers/web")); };
    if (!made(without) || !made(tree)) return;
    const bool model = value_at(without, "/hashes/web") != value_at(tree, "/hashes/web");
    const bool request = container_of(without) != container_of(tree);
    if (request && !model) problem("{}: the request for the container differs, but `up` would not recreate it", of);
    if (model && !request) problem("{}: `up` would recreate the container for the same request", of);
  }

  const KeyCase& case_;
  declare::Support support_;
  std::vector<std::string> problems_;
};

// Keys with full or partial support that have no case, neither of their own nor of a key below them.
inline std::vector<std::string> keys_without_case(const std::vector<declare::KeySupport>& keys,
                                                  const std::vector<KeyCase>& cases) {
  std::vector<std::string> missing;
  for (const auto& key : keys) {
    if (key.support != declare::Support::full && key.support != declare::Support::partly) continue;
    const bool tried = std::ranges::any_of(
        cases, [&](const KeyCase& one) { return one.key == key.path || one.key.starts_with(key.path + "."); });
    if (!tried) missing.push_back(key.path);
  }
  return missing;
}

}  // namespace saasctl::test
