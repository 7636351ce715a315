#include "build/build_order.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/images.hpp"

namespace saasctl::build {
namespace {

// The way from a build back to itself, if there is one.
class CycleSearch {
 public:
  CycleSearch(const std::vector<std::vector<std::size_t>>& bases, std::size_t start)
      : bases_(bases), start_(start), seen_(bases.size(), false) {}

  std::optional<std::vector<std::size_t>> find() {
    path_ = {start_};
    return visit(start_) ? std::optional(path_) : std::nullopt;
  }

 private:
  bool visit(std::size_t at) {
    for (const auto base : bases_[at]) {
      path_.push_back(base);
      if (base == start_) return true;
      if (!seen_[base]) {
        seen_[base] = true;
        if (visit(base)) return true;
      }
      path_.pop_back();
    }
    return false;
  }

  const std::vector<std::vector<std::size_t>>& bases_;
  std::size_t start_;
  std::vector<bool> seen_;
  std::vector<std::size_t> path_;
};

}  // namespace

BuildOrder order_builds(const std::vector<OrderedBuild>& builds) {
  std::map<std::string, std::size_t> makers;
  for (std::size_t i = 0; i < builds.size(); ++i) {
    for (const auto& tag : builds[i].tags) makers.emplace(engine::full_reference(tag), i);
  }
  BuildOrder order{std::vector<std::vector<std::size_t>>(builds.size()), std::vector<std::string>(builds.size())};
  for (std::size_t i = 0; i < builds.size(); ++i) {
    for (const auto& base : builds[i].bases) {
      const auto maker = makers.find(engine::full_reference(base));
      if (maker == makers.end() || maker->second == i) continue;
      if (std::ranges::find(order.bases[i], maker->second) == order.bases[i].end())
        order.bases[i].push_back(maker->second);
    }
  }
  for (std::size_t i = 0; i < builds.size(); ++i) {
    const auto cycle = CycleSearch(order.bases, i).find();
    if (!cycle) continue;
    for (const auto one : *cycle) order.cycles[i] += (order.cycles[i].empty() ? "" : " → ") + builds[one].name;
  }
  return order;
}

}  // namespace saasctl::build
