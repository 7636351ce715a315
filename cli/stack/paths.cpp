#include "stack/paths.hpp"

#include <algorithm>
#include <functional>

#include "stack/build.hpp"
#include "stack/mount_paths.hpp"
#include "stack/vocabulary.hpp"
#include "yaml/interpolate.hpp"

namespace saasctl::stack {
namespace {

namespace fs = std::filesystem;
using Change = std::function<NodePtr(const NodePtr&)>;

// The map with the value of `key` changed; the map itself when it has no such key.
NodePtr with(const NodePtr& map, std::string_view key, const Change& change) {
  if (map->kind != Kind::map) return map;
  const auto found = std::ranges::find(map->entries, key, &Entry::key);
  if (found == map->entries.end()) return map;
  auto changed = change(found->value);
  if (changed == found->value) return map;
  auto copy = std::make_shared<Node>(*map);
  copy->entries[static_cast<std::size_t>(found - map->entries.begin())].value = std::move(changed);
  return copy;
}

// Every item of a list, every value of a map.
NodePtr each(const NodePtr& node, const Change& change) {
  if (node->items.empty() && node->entries.empty()) return node;
  auto copy = std::make_shared<Node>(*node);
  for (auto& item : copy->items) item = change(item);
  for (auto& entry : copy->entries) entry.value = change(entry.value);
  return copy;
}

class Rebase {
 public:
  Rebase(fs::path prefix, bool own_context) : prefix_(std::move(prefix)), own_context_(own_context) {}

  NodePtr file(const NodePtr& root) const {
    auto result = with(root, "services", all(&Rebase::service));
    for (const auto* section : {"configs", "secrets"}) {
      result = with(result, section, [this](const NodePtr& resources) {
        return each(resources, [this](const NodePtr& resource) { return with(resource, "file", one(&Rebase::path)); });
      });
    }
    return with(result, "volumes", all(&Rebase::volume));
  }

 private:
  using Member = NodePtr (Rebase::*)(const NodePtr&) const;

  Change one(Member member) const {
    return [this, member](const NodePtr& node) { return (this->*member)(node); };
  }
  Change all(Member member) const {
    return [this, member](const NodePtr& node) { return each(node, one(member)); };
  }

  NodePtr changed(const NodePtr& node, std::string text) const {
    if (text == node->text) return node;
    auto copy = std::make_shared<Node>(*node);
    copy->written = node->width();
    copy->text = std::move(text);
    return copy;
  }

  std::string joined(std::string_view path, bool settled) const {
    if (path.empty() || path[0] == '/' || path[0] == '~' || is_windows_path(path) || (path[0] == '$' && !settled))
      return std::string(path);
    return (prefix_ / path).lexically_normal().string();
  }

  NodePtr path(const NodePtr& node) const {
    return node->kind == Kind::scalar ? changed(node, joined(node->text, node->settled)) : node;
  }

  NodePtr context(const NodePtr& node) const {
    return node->kind == Kind::scalar && !is_remote_context(node->text) ? path(node) : node;
  }

  // What a service and a container that runs before it have in common.
  NodePtr container(const NodePtr& node) const {
    auto result = with(node, "env_file", one(&Rebase::paths));
    result = with(result, "label_file", one(&Rebase::paths));
    return with(result, "volumes", all(&Rebase::mount));
  }

  NodePtr service(const NodePtr& node) const {
    auto result = with(container(node), "build", one(&Rebase::build));
    result = with(result, "pre_start", all(&Rebase::container));
    result =
        with(result, "extends", [this](const NodePtr& extends) { return with(extends, "file", one(&Rebase::path)); });
    return with(result, "develop", [this](const NodePtr& develop) {
      return with(develop, "watch", [this](const NodePtr& watches) {
        return each(watches, [this](const NodePtr& watch) { return with(watch, "path", one(&Rebase::path)); });
      });
    });
  }

  NodePtr build(const NodePtr& node) const {
    if (node->kind != Kind::map) return context(node);
    auto result = with(node, "context", one(&Rebase::context));
    if (own_context_ && !node->find("context")) {
      auto here = std::make_shared<Node>();
      here->kind = Kind::scalar;
      here->at = node->at;
      here->text = prefix_.string();
      here->settled = true;
      auto copy = std::make_shared<Node>(*result);
      copy->entries.push_back({"context", node->at, std::move(here)});
      result = std::move(copy);
    }
    result = with(result, "ssh", one(&Rebase::agents));
    return with(result, "additional_contexts", one(&Rebase::contexts));
  }

  // A map of ids to paths, or a list of "default" and "id=path".
  NodePtr agents(const NodePtr& node) const {
    if (node->kind == Kind::map) return each(node, one(&Rebase::path));
    return each(node, [this](const NodePtr& item) {
      const auto equals = item->text.find('=');
      if (item->kind != Kind::scalar || equals == std::string::npos) return item;
      return changed(item, item->text.substr(0, equals + 1) + joined(item->text.substr(equals + 1), item->settled));
    });
  }

  NodePtr contexts(const NodePtr& node) const {
    if (node->kind == Kind::map) return each(node, one(&Rebase::context));
    return each(node, [this](const NodePtr& item) {
      const auto equals = item->text.find('=');
      if (item->kind != Kind::scalar || equals == std::string::npos) return item;
      const auto value = item->text.substr(equals + 1);
      if (is_remote_context(value)) return item;
      return changed(item, item->text.substr(0, equals + 1) + joined(value, item->settled));
    });
  }

  // One path, a list of paths, or of maps with a path.
  NodePtr paths(const NodePtr& node) const {
    if (node->kind == Kind::map) return with(node, "path", one(&Rebase::path));
    return node->kind == Kind::list ? each(node, one(&Rebase::paths)) : path(node);
  }

  NodePtr mount(const NodePtr& node) const {
    if (node->kind == Kind::map) {
      const auto* type = node->find("type");
      return type && type->text == "bind" ? with(node, "source", one(&Rebase::path)) : node;
    }
    // In the short form a source is a path when it begins like one.
    if (node->kind != Kind::scalar || !node->text.starts_with('.')) return node;
    std::size_t colon = 0;
    while (colon < node->text.size() && node->text[colon] != ':')
      colon = node->settled ? colon + 1 : variable_end(node->text, colon);
    if (colon >= node->text.size()) return node;
    auto source = joined(std::string_view(node->text).substr(0, colon), node->settled);
    if (source[0] != '/' && source[0] != '.') source.insert(0, "./");
    return changed(node, source + node->text.substr(colon));
  }

  // A volume of the local driver can be a folder of the host.
  NodePtr volume(const NodePtr& node) const {
    const auto* driver = node->find("driver");
    const auto* options = node->find("driver_opts");
    if (!driver || driver->text != "local" || !options) return node;
    const auto* o = options->find("o");
    if (!o || o->text != "bind") return node;
    return with(node, "driver_opts", [this](const NodePtr& map) { return with(map, "device", one(&Rebase::path)); });
  }

  fs::path prefix_;
  bool own_context_;
};

}  // namespace

NodePtr rebase_paths(const NodePtr& root, const fs::path& folder, const fs::path& project, bool own_context) {
  if (folder == project) return root;
  auto prefix = folder.lexically_relative(project);
  if (prefix.empty()) prefix = folder;
  return Rebase(std::move(prefix), own_context).file(root);
}

}  // namespace saasctl::stack
