#include "stack/pre_start.hpp"

#include <algorithm>

#include "stack/merge.hpp"
#include "stack/service.hpp"

namespace saasctl::stack {
namespace {

// The two exclude each other: the container's own word counts.
bool is_overruled(const Node& step, std::string_view key) {
  return (key == "networks" && step.find("network_mode")) || (key == "network_mode" && step.find("networks"));
}

NodePtr what_passes_on(const Node& service, const Node& step) {
  auto base = std::make_shared<Node>(service);
  const auto& keys = pre_start_record().info().keys;
  std::erase_if(base->entries, [&](const Entry& entry) {
    const bool known = std::ranges::find(keys, entry.key, &KeyInfo::name) != keys.end();
    return !known || entry.key == "volumes" || is_overruled(step, entry.key);
  });
  return base;
}

NodePtr complete_service(const NodePtr& service, Diagnostics& diagnostics) {
  const auto found = std::ranges::find(service->entries, "pre_start", &Entry::key);
  if (found == service->entries.end() || found->value->kind != Kind::list) return service;
  auto steps = std::make_shared<Node>(*found->value);
  for (auto& step : steps->items) {
    if (step->kind != Kind::map) continue;
    auto merged = std::make_shared<Node>(*merge_services(what_passes_on(*service, *step), step, diagnostics));
    merged->at = step->at;
    step = std::move(merged);
  }
  auto result = std::make_shared<Node>(*service);
  std::ranges::find(result->entries, "pre_start", &Entry::key)->value = std::move(steps);
  return result;
}

}  // namespace

NodePtr complete_pre_start(const NodePtr& root, Diagnostics& diagnostics) {
  const auto* services = root->find("services");
  if (!services || services->kind != Kind::map) return root;
  auto all = std::make_shared<Node>(*services);
  for (auto& service : all->entries) {
    if (service.value->kind == Kind::map) service.value = complete_service(service.value, diagnostics);
  }
  auto result = std::make_shared<Node>(*root);
  std::ranges::find(result->entries, "services", &Entry::key)->value = std::move(all);
  return result;
}

}  // namespace saasctl::stack
