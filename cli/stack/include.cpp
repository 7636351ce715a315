#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "stack/assemble.hpp"
#include "stack/merge.hpp"
#include "stack/paths.hpp"
#include "stack/vocabulary.hpp"
#include "util/text.hpp"
#include "yaml/dotenv.hpp"

namespace saasctl::stack {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> sections{"services", "volumes", "networks", "secrets", "configs", "models"};
constexpr std::size_t most_nested_includes = 50;

struct Value {
  std::string text;
  const Node* node;
};

// One entry of `include`.
struct Include {
  std::vector<Value> paths;
  std::optional<Value> project_directory;
  std::vector<Value> env_files;
};

// The environment of the including file, over the variables of the included one's.
Environment layered(Environment outer, std::shared_ptr<const Variables> inner) {
  return [outer = std::move(outer), inner = std::move(inner)](std::string_view name) -> std::optional<std::string> {
    if (auto value = outer(name)) return value;
    const auto found = inner->find(name);
    return found == inner->end() ? std::nullopt : std::optional(found->second);
  };
}

class Includer {
 public:
  Includer(const Scope& scope, const std::vector<Included>& trail, Reading& reading)
      : scope_(scope), trail_(trail), reading_(reading) {}

  NodePtr take_in(const NodePtr& document, const Node& includes) {
    auto result = std::make_shared<Node>(*document);
    std::erase_if(result->entries, [](const Entry& entry) { return entry.key == "include"; });
    if (includes.kind == Kind::null) return result;
    if (includes.kind != Kind::list) {
      reading_.error(includes, fmt::format("expected a list of files, found {}", describe(includes)),
                     "write - FILE below include:");
      return result;
    }
    for (const auto& item : includes.items) {
      const auto include = read(*item);
      if (!include) continue;
      if (const auto included = load(*include)) import(*included, *result);
    }
    return result;
  }

 private:
  std::optional<Include> read(const Node& item) {
    Include include;
    if (item.kind == Kind::scalar) {
      include.paths.push_back({reading_.text(item, scope_), &item});
    } else if (item.kind == Kind::map) {
      for (const auto& [key, at, value] : item.entries) read_key(key, at, *value, include);
      if (include.paths.empty() && !item.find("path")) reading_.error(item, "include names no file", "add path: FILE");
    } else {
      reading_.error(item, fmt::format("expected a file or a map with path, found {}", describe(item)), "write - FILE");
    }
    if (include.paths.empty()) return std::nullopt;
    for (const auto& path : include.paths) {
      if (path.text.find("://") == std::string::npos && !path.text.starts_with("git@")) continue;
      reading_.error(*path.node, "a file of another machine cannot be included", "copy it beside this one");
      return std::nullopt;
    }
    return include;
  }

  void read_key(const std::string& key, const Position& at, const Node& value, Include& include) {
    if (key == "path") {
      include.paths = texts(value);
    } else if (key == "env_file") {
      include.env_files = texts(value);
    } else if (key == "project_directory") {
      if (auto all = texts(value); !all.empty()) include.project_directory = all.front();
    } else if (!key.starts_with("x-")) {
      reading_.diagnostics().add(at, key.size(), fmt::format("unknown key '{}' in include", key),
                                 "keys: path, project_directory, env_file");
    }
  }

  std::vector<Value> texts(const Node& node) {
    std::vector<Value> values;
    const auto add = [&](const Node& value) {
      if (value.kind == Kind::scalar) {
        values.push_back({reading_.text(value, scope_), &value});
      } else {
        reading_.error(value, fmt::format("expected a string, found {}", describe(value)), "write one name of a file");
      }
    };
    if (node.kind == Kind::list) {
      for (const auto& item : node.items) add(*item);
    } else {
      add(node);
    }
    return values;
  }

  NodePtr load(const Include& include) {
    std::vector<fs::path> paths;
    for (const auto& path : include.paths) paths.push_back(absolute_path(scope_.folder, path.text));
    const auto& first = *include.paths.front().node;
    if (goes_round(paths.front(), first)) return nullptr;
    Scope inner;
    inner.folder = include.project_directory ? absolute_path(scope_.folder, include.project_directory->text)
                                             : paths.front().parent_path();
    inner.environment = layered(scope_.environment, env_files(include, inner.folder));
    auto included = assemble(paths, inner, trail_, &first, reading_);
    if (!included) return nullptr;
    if (reading_.mode() == Mode::resolve) included = with_variables_alone(included, inner.environment);
    return rebase_paths(included, inner.folder, scope_.folder, true);
  }

  bool goes_round(const fs::path& path, const Node& named_by) {
    const auto again = std::ranges::find(trail_, path, &Included::path);
    if (again == trail_.end()) {
      if (trail_.size() < most_nested_includes && reading_.one_more()) return false;
      reading_.error(named_by, "too many includes",
                     fmt::format("at most 10000, nested at most {} deep", most_nested_includes));
      return true;
    }
    std::string way = shown_path(path).string();
    for (auto step = again + 1; step != trail_.end(); ++step)
      way += fmt::format(" → {} ({})", shown_path(step->path).string(), to_string(step->by));
    reading_.error(named_by, fmt::format("include goes round in a circle: {} → {}", way, shown_path(path).string()),
                   "remove one of these includes");
    return true;
  }

  // Without env_file it is .env of the included file's folder, when there is one.
  std::shared_ptr<const Variables> env_files(const Include& include, const fs::path& folder) {
    auto variables = std::make_shared<Variables>();
    if (include.env_files.empty()) {
      std::error_code ignored;
      if (is_there(folder / ".env") && !fs::is_directory(folder / ".env", ignored))
        read_env_file(folder / ".env", nullptr, *variables);
    }
    for (const auto& file : include.env_files)
      read_env_file(absolute_path(scope_.folder, file.text), file.node, *variables);
    return variables;
  }

  void read_env_file(const fs::path& path, const Node* named_by, Variables& into) {
    auto text = reading_.text_of_file(path, variables_file);
    if (!text) {
      reading_.diagnostics().add(named_by ? named_by->at : Position{}, named_by ? named_by->width() : 1,
                                 text.error().message, text.error().hint);
      return;
    }
    const auto source = std::make_shared<const Source>(shown_path(path), std::move(*text));
    reading_.diagnostics().keep(source);
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
      if (auto value = scope_.environment(name)) return value;
      const auto found = into.find(name);
      return found == into.end() ? std::nullopt : std::optional(found->second);
    };
    for (auto& [name, value] : parse_dotenv(*source, lookup, reading_.diagnostics())) into[name] = value;
  }

  // A name alone in `environment` takes its value where the file stands, not where it is included.
  static NodePtr with_variables_alone(const NodePtr& root, const Environment& environment) {
    const auto services = std::ranges::find(root->entries, "services", &Entry::key);
    if (services == root->entries.end() || services->value->kind != Kind::map) return root;
    auto all = std::make_shared<Node>(*services->value);
    for (auto& service : all->entries) {
      const auto* variables = service.value->find("environment");
      if (!variables || variables->kind != Kind::list) continue;
      auto list = std::make_shared<Node>(*variables);
      for (auto& item : list->items) {
        if (item->kind != Kind::scalar || item->text.find('=') != std::string::npos) continue;
        const auto value = environment(item->text);
        if (!value) continue;
        auto copy = std::make_shared<Node>(*item);
        copy->written = item->width();
        copy->text += "=" + *value;
        copy->plain = false;
        copy->settled = true;
        item = std::move(copy);
      }
      auto changed = std::make_shared<Node>(*service.value);
      std::ranges::find(changed->entries, "environment", &Entry::key)->value = std::move(list);
      service.value = std::move(changed);
    }
    auto result = std::make_shared<Node>(*root);
    std::ranges::find(result->entries, "services", &Entry::key)->value = std::move(all);
    return result;
  }

  // What the including file says of a resource with the same name is laid over it.
  void import(const Node& included, Node& document) {
    for (const auto section : sections) {
      const auto* from = included.find(section);
      if (!from || from->kind != Kind::map) continue;
      const auto own = std::ranges::find(document.entries, section, &Entry::key);
      if (own == document.entries.end() || own->value->kind == Kind::null) {
        const auto entry = std::ranges::find(included.entries, section, &Entry::key);
        if (own == document.entries.end()) {
          document.entries.push_back(*entry);
        } else {
          *own = *entry;
        }
        continue;
      }
      if (own->value->kind == Kind::map) own->value = imported(section, *from, *own->value);
    }
  }

  NodePtr imported(std::string_view section, const Node& from, const Node& own) {
    auto result = std::make_shared<Node>(own);
    std::unordered_map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < own.entries.size(); ++i) known.emplace(own.entries[i].key, i);
    for (const auto& entry : from.entries) {
      const auto found = known.find(entry.key);
      if (found == known.end()) {
        result->entries.push_back(entry);
        continue;
      }
      auto& value = result->entries[found->second].value;
      if (!equal(*value, *entry.value)) value = merge_resources(section, entry.value, value, reading_.diagnostics());
    }
    return result;
  }

  const Scope& scope_;
  const std::vector<Included>& trail_;
  Reading& reading_;
};

}  // namespace

NodePtr take_in_includes(const NodePtr& document, const Scope& scope, const std::vector<Included>& trail,
                         Reading& reading) {
  const auto* includes = document->find("include");
  return includes ? Includer(scope, trail, reading).take_in(document, *includes) : document;
}

}  // namespace saasctl::stack
