#include "yaml/interpolate_tree.hpp"

#include <unordered_map>

#include "yaml/interpolation_errors.hpp"

namespace saasctl::yaml {
namespace {

class Settler {
 public:
  Settler(const Environment& environment, VariablesUsed& used, Diagnostics& diagnostics)
      : environment_(environment), used_(used), diagnostics_(diagnostics) {}

  NodePtr interpolate_tree(const NodePtr& node) {
    const bool shared = node.use_count() > 1;
    if (shared) {
      if (const auto found = done_.find(node.get()); found != done_.end()) return found->second;
    }
    auto result = node->kind == Kind::scalar ? scalar(node)
                  : node->kind == Kind::list ? list(node)
                  : node->kind == Kind::map  ? map(node)
                                             : node;
    if (shared) done_.emplace(node.get(), result);
    return result;
  }

 private:
  NodePtr scalar(const NodePtr& node) {
    if (node->settled || node->text.find('$') == std::string::npos) return node;
    auto result = interpolate(node->text, environment_);
    add_errors(*node, std::move(result.errors), diagnostics_);
    for (auto& use : result.uses) used_.uses.emplace_back(std::move(use), node->at);
    for (auto& name : result.unset) used_.unset.emplace_back(std::move(name), node->at);
    auto copy = std::make_shared<Node>(*node);
    copy->written = node->width();
    copy->text = std::move(result.text);
    copy->plain = false;
    copy->settled = true;
    return copy;
  }

  NodePtr list(const NodePtr& node) {
    std::shared_ptr<Node> copy;
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      auto item = interpolate_tree(node->items[i]);
      if (item == node->items[i]) continue;
      if (!copy) copy = std::make_shared<Node>(*node);
      copy->items[i] = std::move(item);
    }
    return copy ? NodePtr(std::move(copy)) : node;
  }

  NodePtr map(const NodePtr& node) {
    std::shared_ptr<Node> copy;
    for (std::size_t i = 0; i < node->entries.size(); ++i) {
      auto value = interpolate_tree(node->entries[i].value);
      if (value == node->entries[i].value) continue;
      if (!copy) copy = std::make_shared<Node>(*node);
      copy->entries[i].value = std::move(value);
    }
    return copy ? NodePtr(std::move(copy)) : node;
  }

  const Environment& environment_;
  VariablesUsed& used_;
  Diagnostics& diagnostics_;
  std::unordered_map<const Node*, NodePtr> done_;
};

}  // namespace

NodePtr interpolate_tree(const NodePtr& root, const Environment& environment, VariablesUsed& used,
                         Diagnostics& diagnostics) {
  return Settler(environment, used, diagnostics).interpolate_tree(root);
}

}  // namespace saasctl::yaml
