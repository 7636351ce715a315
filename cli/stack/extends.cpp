#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "stack/assemble.hpp"
#include "stack/merge.hpp"
#include "stack/paths.hpp"
#include "util/text.hpp"
#include "yaml/detail.hpp"

namespace saasctl::stack {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_chain = 500;

// The services of one file, as far as they are resolved.
struct Table {
  fs::path path;
  NodePtr services;
  std::unordered_map<std::string_view, NodePtr> written;
  std::unordered_map<std::string_view, NodePtr> resolved;
};

struct Step {
  const Table* table;
  std::string service;
  Position at;  // of its extends
};

// What an `extends` says.
struct Reference {
  std::string service;
  const Node* service_node = nullptr;
  std::string file;  // empty: the same
  const Node* file_node = nullptr;
};

NodePtr without(const NodePtr& map, std::string_view key) {
  auto copy = std::make_shared<Node>(*map);
  std::erase_if(copy->entries, [&](const Entry& entry) { return entry.key == key; });
  return copy;
}

Table table_of(fs::path path, const NodePtr& services) {
  Table table{std::move(path), services, {}, {}};
  for (const auto& entry : services->entries) table.written.emplace(entry.key, entry.value);
  return table;
}

class Extender {
 public:
  Extender(const Scope& scope, Reading& reading) : scope_(scope), reading_(reading) {}

  NodePtr resolve(Table& table, std::string_view name, std::vector<Step>& trail) {
    if (const auto found = table.resolved.find(name); found != table.resolved.end()) return found->second;
    const auto own = table.written.find(name);
    auto result = own->second;
    if (const auto* extends = result->kind == Kind::map ? result->find("extends") : nullptr) {
      result = extended(table, name, result, *extends, trail);
    }
    table.resolved.emplace(own->first, result);
    return result;
  }

  // Whether the service, a result of resolve(), lacks the keys of one that it extends.
  bool is_unresolved(const NodePtr& service) const { return unresolved_.contains(service.get()); }

 private:
  NodePtr extended(Table& table, std::string_view name, const NodePtr& service, const Node& extends,
                   std::vector<Step>& trail) {
    const auto own = without(service, "extends");
    const auto reference = read(extends);
    NodePtr base;
    if (reference) {
      trail.push_back({&table, std::string(name), extends.at});
      base = base_of(table, *reference, trail);
      trail.pop_back();
    }
    const bool found = base && base->kind == Kind::map;
    auto result = found ? merge_services(without_tags(base), own, reading_.diagnostics()) : own;
    if (!found || is_unresolved(base)) unresolved_.insert(result.get());
    return result;
  }

  std::optional<Reference> read(const Node& extends) {
    if (extends.kind == Kind::scalar) return Reference{reading_.text(extends, scope_), &extends, {}, nullptr};
    if (extends.kind != Kind::map) {
      reading_.error(extends,
                     fmt::format("expected a service or a map with service and file, found {}", describe(extends)),
                     "write extends: {service: NAME}");
      return std::nullopt;
    }
    Reference reference;
    for (const auto& [key, at, value] : extends.entries) {
      if (key != "service" && key != "file") {
        reading_.diagnostics().add(at, key.size(), fmt::format("unknown key '{}' in extends", key),
                                   "keys: service, file");
      } else if (value->kind != Kind::scalar) {
        reading_.error(*value, fmt::format("expected a string, found {}", describe(*value)), "write one name");
        return std::nullopt;
      } else {
        (key == "file" ? reference.file : reference.service) = reading_.text(*value, scope_);
        (key == "file" ? reference.file_node : reference.service_node) = value.get();
      }
    }
    if (reference.service_node) return reference;
    reading_.error(extends, "extends names no service", "add service: NAME");
    return std::nullopt;
  }

  NodePtr base_of(Table& table, const Reference& reference, std::vector<Step>& trail) {
    auto* from = reference.file_node ? table_of_file(reference) : &table;
    if (!from) return nullptr;
    const auto found = from->written.find(reference.service);
    if (found == from->written.end()) {
      unknown(*from, reference);
      return nullptr;
    }
    const bool again = std::ranges::any_of(
        trail, [&](const Step& step) { return step.table->path == from->path && step.service == reference.service; });
    if (again) {
      report_cycle(trail, *from, reference);
      return nullptr;
    }
    if (trail.size() >= longest_chain) {
      reading_.error(*reference.service_node, fmt::format("a chain of more than {} extends", longest_chain),
                     "extend a service nearer to the chain's end");
      return nullptr;
    }
    return resolve(*from, found->first, trail);
  }

  void unknown(const Table& table, const Reference& reference) {
    std::string hint;
    if (explains_more(reading_.diagnostics())) {
      std::vector<std::string> names;
      for (const auto& entry : table.services->entries) names.push_back(entry.key);
      const auto close = nearest(reference.service, names);
      hint = close ? "did you mean '" + *close + "'?" : "services there: " + join(names, ", ");
    }
    const auto where = reference.file_node ? shown_path(table.path).string() : std::string("this file");
    reading_.error(*reference.service_node, fmt::format("no service '{}' in {} to extend", reference.service, where),
                   std::move(hint));
  }

  void report_cycle(const std::vector<Step>& trail, const Table& table, const Reference& reference) {
    auto step = std::ranges::find_if(
        trail, [&](const Step& each) { return each.table->path == table.path && each.service == reference.service; });
    std::string way;
    for (; step != trail.end(); ++step) way += fmt::format("{} ({}) → ", step->service, to_string(step->at));
    reading_.error(*reference.service_node, "extends goes round in a circle: " + way + reference.service,
                   "remove one of these extends");
  }

  Table* table_of_file(const Reference& reference) {
    if (reference.file.find("://") != std::string::npos) {
      reading_.error(*reference.file_node, "a file of another machine cannot be extended", "copy it beside this one");
      return nullptr;
    }
    const auto path = absolute_path(scope_.folder, reference.file);
    if (const auto found = files_.find(path); found != files_.end()) return found->second.get();
    return files_.emplace(path, load(path, *reference.file_node)).first->second.get();
  }

  // Its includes are left alone, as in Compose; its paths are made relative to where ours start.
  std::unique_ptr<Table> load(const fs::path& path, const Node& named_by) {
    NodePtr merged;
    if (!reading_.file(path, &named_by)) return nullptr;
    for (const auto& document : reading_.documents(path, scope_, &named_by)) {
      if (document->kind == Kind::map)
        merged = merged ? merge_files(merged, document, reading_.diagnostics()) : document;
    }
    const auto* services = merged ? merged->find("services") : nullptr;
    if (!services || services->kind != Kind::map) {
      reading_.error(named_by, fmt::format("{} has no services to extend", shown_path(path).string()),
                     "name the file that has the service");
      return nullptr;
    }
    merged = with_defaults(merged, reading_.diagnostics());
    merged = rebase_paths(merged, path.parent_path(), scope_.folder, false);
    return std::make_unique<Table>(table_of(path, std::ranges::find(merged->entries, "services", &Entry::key)->value));
  }

  const Scope& scope_;
  Reading& reading_;
  std::map<fs::path, std::unique_ptr<Table>> files_;
  std::unordered_set<const Node*> unresolved_;  // each kept by the `resolved` of its table
};

}  // namespace

NodePtr resolve_extends(const NodePtr& document, const fs::path& path, const Scope& scope, Reading& reading) {
  const auto services = std::ranges::find(document->entries, "services", &Entry::key);
  if (services == document->entries.end() || services->value->kind != Kind::map) return document;
  const bool any = std::ranges::any_of(services->value->entries, [](const Entry& entry) {
    return entry.value->kind == Kind::map && entry.value->find("extends");
  });
  if (!any) return document;
  auto table = table_of(path, services->value);
  Extender extender(scope, reading);
  auto all = std::make_shared<Node>(*services->value);
  for (auto& entry : all->entries) {
    std::vector<Step> trail;
    entry.value = extender.resolve(table, entry.key, trail);
    if (extender.is_unresolved(entry.value)) reading.unresolved(entry.key, entry.at);
  }
  auto result = std::make_shared<Node>(*document);
  std::ranges::find(result->entries, "services", &Entry::key)->value = std::move(all);
  return result;
}

}  // namespace saasctl::stack
