#include "stack/merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "stack/merge_rules.hpp"

namespace saasctl::stack {
namespace {

const Rule& no_rule_below() {
  static const Rule none;
  return none;
}

std::shared_ptr<Node> made(Kind kind, const Position& at) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->at = at;
  return node;
}

// A value that the user wrote as part of `from`, or that a short form stands for.
NodePtr scalar_of(const Node& from, std::string text, bool plain) {
  auto node = std::make_shared<Node>(from);
  node->kind = Kind::scalar;
  node->written = from.width();
  node->text = std::move(text);
  node->plain = plain;
  node->items.clear();
  node->entries.clear();
  node->tag = Tag::none;
  return node;
}

// A text that says the same for the same meaning.
void describe_meaning(const Node& node, std::string& out) {
  switch (node.kind) {
    case Kind::null:
      out += '~';
      break;
    case Kind::scalar:
      out += fmt::format("{}:{}", node.text.size(), node.text);
      break;
    case Kind::list:
      out += '[';
      for (const auto& item : node.items) describe_meaning(*item, out);
      out += ']';
      break;
    case Kind::map: {
      std::vector<std::string> members;
      for (const auto& entry : node.entries) {
        auto member = fmt::format("{}:{}=", entry.key.size(), entry.key);
        describe_meaning(*entry.value, member);
        members.push_back(std::move(member));
      }
      std::ranges::sort(members);
      out += '{';
      for (const auto& member : members) out += member;
      out += '}';
      break;
    }
  }
}

std::string meaning(const Node& node) {
  std::string out;
  describe_meaning(node, out);
  return out;
}

// A map or a list of KEY=VALUE as a map; of a list's entries with one key the last counts.
NodePtr as_pairs(const NodePtr& node) {
  if (node->kind == Kind::map) return node;
  auto map = made(Kind::map, node->at);
  map->tag = node->tag;
  std::unordered_map<std::string, std::size_t> known;
  const auto add = [&](const NodePtr& item) {
    if (item->kind != Kind::scalar || item->tag == Tag::reset) return;
    const auto equals = item->text.find('=');
    const auto key = item->text.substr(0, equals);
    NodePtr value = made(Kind::null, item->at);
    if (equals != std::string::npos) value = scalar_of(*item, item->text.substr(equals + 1), false);
    const auto [place, fresh] = known.emplace(key, map->entries.size());
    if (fresh) {
      map->entries.push_back({key, item->at, std::move(value)});
    } else {
      map->entries[place->second] = {key, item->at, std::move(value)};
    }
  };
  if (node->kind == Kind::scalar) add(node);
  for (const auto& item : node->items) add(item);
  return map;
}

// One value, a list or a map of KEY: VALUE as a list.
NodePtr as_sequence(const NodePtr& node) {
  if (node->kind == Kind::list) return node;
  auto list = made(Kind::list, node->at);
  list->tag = node->tag;
  if (node->kind == Kind::scalar) list->items.push_back(node);
  for (const auto& [key, at, value] : node->entries) {
    if (value->tag == Tag::reset) continue;
    if (value->kind == Kind::list) {
      for (const auto& item : value->items)
        list->items.push_back(scalar_of(*item, fmt::format("{}={}", key, item->text), false));
    } else {
      list->items.push_back(
          scalar_of(*value, value->kind == Kind::null ? key : fmt::format("{}={}", key, value->text), false));
    }
  }
  return list;
}

class Merger {
 public:
  explicit Merger(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  NodePtr merge(const NodePtr& base, const NodePtr& over, const Rule* rule) {
    if (over->tag == Tag::replace || base->tag == Tag::reset) return over;
    const Rule& known = rule ? *rule : no_rule_below();
    switch (known.way) {
      case Way::replace:
        return over;
      case Way::pairs:
        return pairs(base, over);
      case Way::sequence:
        return appended(as_sequence(base), as_sequence(over));
      case Way::names:
        return maps(names(base, false), names(over, false), known);
      case Way::dependencies:
        return maps(names(base, true), names(over, true), known);
      case Way::build:
        return maps(as_build(base), as_build(over), known);
      case Way::logging:
        return logging(base, over, known);
      case Way::ulimit:
        return base->kind == Kind::map && over->kind == Kind::map ? maps(base, over, known) : over;
      case Way::devices:
        if (base->kind == Kind::scalar && over->kind == Kind::list) return appended(as_devices(base), over);
        break;
      case Way::ipam:
        if (base->kind == Kind::list && over->kind == Kind::list) return ipam(base, over, known);
        break;
      case Way::values:
        break;
    }
    if (over->kind == Kind::null) return base;
    if (base->kind == Kind::map || base->kind == Kind::list) {
      if (base->kind != over->kind) return mismatch(*base, over);
      return base->kind == Kind::map ? maps(base, over, known) : appended(base, over);
    }
    return over;
  }

 private:
  NodePtr mismatch(const Node& base, const NodePtr& over) {
    diagnostics_.add(over->at, over->width(),
                     fmt::format("{} cannot be merged with {} of {}", describe(*over), describe(base),
                                 base.at ? to_string(base.at) : "another file"),
                     "write the same kind of value, or !override before it to replace the other");
    return over;
  }

  NodePtr maps(const NodePtr& base, const NodePtr& over, const Rule& rule) {
    if (over->kind == Kind::null) return base;
    if (base->kind == Kind::null) return over;
    if (base->kind != Kind::map || over->kind != Kind::map) return mismatch(*base, over);
    auto result = std::make_shared<Node>(*base);
    std::unordered_map<std::string_view, std::size_t> known;
    known.reserve(base->entries.size());
    for (std::size_t i = 0; i < base->entries.size(); ++i) known.emplace(base->entries[i].key, i);
    for (const auto& entry : over->entries) {
      const auto found = known.find(entry.key);
      if (found == known.end()) {
        result->entries.push_back(entry);
      } else if (entry.value->tag == Tag::reset) {
        result->entries[found->second] = entry;
      } else {
        auto& own = result->entries[found->second];
        own = {entry.key, entry.at, merge(own.value, entry.value, rule.at(entry.key))};
      }
    }
    return result;
  }

  static NodePtr appended(const NodePtr& base, const NodePtr& over) {
    if (base->items.empty()) return over;
    auto result = std::make_shared<Node>(*base);
    std::unordered_set<std::string> known;
    for (const auto& item : base->items) known.insert(meaning(*item));
    for (const auto& item : over->items) {
      if (known.insert(meaning(*item)).second) result->items.push_back(item);
    }
    return result;
  }

  static NodePtr pairs(const NodePtr& base, const NodePtr& over) {
    const auto first = as_pairs(base);
    const auto second = as_pairs(over);
    if (second->entries.empty()) return base;
    auto result = std::make_shared<Node>(*first);
    std::unordered_map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < first->entries.size(); ++i) known.emplace(first->entries[i].key, i);
    for (const auto& entry : second->entries) {
      const auto found = known.find(entry.key);
      if (found == known.end()) {
        result->entries.push_back(entry);
      } else {
        result->entries[found->second] = entry;
      }
    }
    return result;
  }

  // A list of names as a map; with `started` each stands for what Compose takes a dependency without condition for.
  NodePtr names(const NodePtr& node, bool started) {
    if (node->kind != Kind::list && node->kind != Kind::scalar) return node;
    auto map = made(Kind::map, node->at);
    map->tag = node->tag;
    std::unordered_set<std::string> known;
    const auto add = [&](const NodePtr& item) {
      if (item->kind != Kind::scalar) {
        diagnostics_.add(item->at, item->width(), fmt::format("expected a name, found {}", describe(*item)),
                         "each entry is one name");
        return;
      }
      if (item->tag == Tag::reset || !known.insert(item->text).second) return;
      NodePtr value = made(Kind::null, item->at);
      if (started) {
        auto full = made(Kind::map, item->at);
        full->entries.push_back({"condition", item->at, scalar_of(*item, "service_started", false)});
        full->entries.push_back({"required", item->at, scalar_of(*item, "true", true)});
        value = std::move(full);
      }
      map->entries.push_back({item->text, item->at, std::move(value)});
    };
    if (node->kind == Kind::scalar) add(node);
    for (const auto& item : node->items) add(item);
    return map;
  }

  static NodePtr as_build(const NodePtr& node) {
    if (node->kind != Kind::scalar) return node;
    auto map = made(Kind::map, node->at);
    map->tag = node->tag;
    map->entries.push_back({"context", node->at, node});
    return map;
  }

  // gpus: all
  static NodePtr as_devices(const NodePtr& node) {
    auto request = made(Kind::map, node->at);
    request->entries.push_back({"count", node->at, node});
    auto list = made(Kind::list, node->at);
    list->items.push_back(std::move(request));
    return list;
  }

  NodePtr logging(const NodePtr& base, const NodePtr& over, const Rule& rule) {
    if (base->kind == Kind::map && over->kind == Kind::map) {
      const auto* first = base->find("driver");
      const auto* second = over->find("driver");
      if (first && second && !equal(*first, *second)) return over;
    }
    return maps(base, over, rule);
  }

  // Compose's own way, which keeps an address range of `base` only when `over` names its subnet as well.
  // Source: compose-go v2, override/merge.go, mergeIPAMConfig.
  NodePtr ipam(const NodePtr& base, const NodePtr& over, const Rule& rule) {
    auto result = std::make_shared<Node>(*base);
    result->items.clear();
    const auto subnet = [](const Node& node) {
      const auto* value = node.find("subnet");
      return value ? value->text : std::string();
    };
    const auto place = [&](const Node& node) {
      return std::ranges::find_if(result->items, [&](const auto& item) { return subnet(*item) == subnet(node); });
    };
    for (auto original : base->items) {
      for (const auto& config : over->items) {
        if (subnet(*config) != subnet(*original) && place(*config) == result->items.end()) {
          result->items.push_back(config);
          continue;
        }
        original = maps(original, config, rule);
        if (const auto found = place(*original); found != result->items.end()) {
          *found = original;
        } else {
          result->items.push_back(original);
        }
      }
    }
    return result;
  }

  Diagnostics& diagnostics_;
};

// A copy of the node whose children are `change(child, key)`, without those for which that is nullptr; the node itself
// when nothing changes.
template <typename Change>
NodePtr with_children(const NodePtr& node, Change change) {
  std::shared_ptr<Node> copy;
  const auto own = [&]() -> Node& {
    if (!copy) copy = std::make_shared<Node>(*node);
    return *copy;
  };
  bool gone = false;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    auto changed = change(node->items[i], std::string_view());
    gone = gone || !changed;
    if (changed != node->items[i]) own().items[i] = std::move(changed);
  }
  for (std::size_t i = 0; i < node->entries.size(); ++i) {
    auto changed = change(node->entries[i].value, std::string_view(node->entries[i].key));
    gone = gone || !changed;
    if (changed != node->entries[i].value) own().entries[i].value = std::move(changed);
  }
  if (gone) {
    std::erase(own().items, nullptr);
    std::erase_if(own().entries, [](const Entry& entry) { return !entry.value; });
  }
  return copy ? NodePtr(std::move(copy)) : node;
}

NodePtr strip(const NodePtr& node, std::unordered_map<const Node*, NodePtr>& done) {
  if (node->tag == Tag::reset) return nullptr;
  if (node->tag == Tag::none && node->items.empty() && node->entries.empty()) return node;
  const bool shared = node.use_count() > 1;
  if (shared) {
    if (const auto found = done.find(node.get()); found != done.end()) return found->second;
  }
  auto result = with_children(node, [&](const NodePtr& child, std::string_view) { return strip(child, done); });
  if (result->tag != Tag::none) {
    auto copy = std::make_shared<Node>(*result);
    copy->tag = Tag::none;
    result = std::move(copy);
  }
  if (shared) done.emplace(node.get(), result);
  return result;
}

NodePtr last_of_a_kind(const NodePtr& list, Identity identity) {
  std::unordered_map<std::string, std::size_t> known;
  std::vector<NodePtr> kept;
  for (const auto& item : list->items) {
    const auto key = identify(*item, identity);
    const auto found = key ? known.find(*key) : known.end();
    if (found != known.end()) {
      kept[found->second] = item;
      continue;
    }
    if (key) known.emplace(*key, kept.size());
    kept.push_back(item);
  }
  if (kept.size() == list->items.size()) return list;
  auto copy = std::make_shared<Node>(*list);
  copy->items = std::move(kept);
  return copy;
}

NodePtr unify(const NodePtr& node, const Rule& rule) {
  if (node->kind == Kind::list) return rule.identity == Identity::none ? node : last_of_a_kind(node, rule.identity);
  if (node->kind != Kind::map) return node;
  return with_children(node, [&](const NodePtr& child, std::string_view key) {
    const auto* below = rule.at(key);
    return below ? unify(child, *below) : child;
  });
}

}  // namespace

NodePtr merge_files(const NodePtr& base, const NodePtr& over, Diagnostics& diagnostics) {
  return Merger(diagnostics).merge(base, over, &merge_rules());
}

NodePtr merge_services(const NodePtr& base, const NodePtr& over, Diagnostics& diagnostics) {
  return merge_resources("services", base, over, diagnostics);
}

NodePtr merge_resources(std::string_view section, const NodePtr& base, const NodePtr& over, Diagnostics& diagnostics) {
  const auto* rules = merge_rules().at(section);
  return Merger(diagnostics).merge(base, over, rules ? rules->at("*") : nullptr);
}

NodePtr without_tags(const NodePtr& root) {
  std::unordered_map<const Node*, NodePtr> done;
  auto result = strip(root, done);
  return result ? result : NodePtr(made(Kind::map, root->at));
}

NodePtr without_duplicates(const NodePtr& root) {
  return unify(root, merge_rules());
}

bool equal(const Node& a, const Node& b) {
  return &a == &b || meaning(a) == meaning(b);
}

}  // namespace saasctl::stack
