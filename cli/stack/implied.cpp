#include "stack/implied.hpp"

#include <algorithm>

namespace saasctl::stack {

std::string_view service_of(std::string_view mode) {
  constexpr std::string_view prefix = "service:";
  return mode.starts_with(prefix) ? mode.substr(prefix.size()) : std::string_view();
}

std::string_view volumes_service(std::string_view from) {
  return from.starts_with("container:") ? std::string_view() : from.substr(0, from.find(':'));
}

std::vector<Implied> implied_dependencies(const Service& service) {
  std::vector<Implied> all;
  const auto add = [&](std::string_view name, std::string_view key, bool restart) {
    if (!name.empty() && !has_variable(name))
      all.push_back({std::string(name), std::string(key), service.where(key), restart});
  };
  for (const auto& link : service.links) add(std::string_view(link).substr(0, link.find(':')), "links", true);
  const auto mode = [&](std::string_view key, const std::optional<std::string>& value) {
    if (value) add(service_of(*value), key, true);
  };
  mode("network_mode", service.network_mode);
  mode("ipc", service.ipc);
  mode("pid", service.pid);
  for (const auto& from : service.volumes_from) add(volumes_service(from), "volumes_from", false);
  return all;
}

std::vector<std::string> sharing(const Service& service) {
  std::vector<std::string> names;
  for (auto& implied : implied_dependencies(service)) {
    if (implied.key != "links") names.push_back(std::move(implied.service));
  }
  return names;
}

std::vector<Named<Dependency>> all_dependencies(const Service& service) {
  auto all = service.depends_on.entries;
  for (auto& implied : implied_dependencies(service)) {
    if (std::ranges::find(all, implied.service, &Named<Dependency>::name) != all.end()) continue;
    Dependency dependency;
    dependency.at = implied.at;
    dependency.restart = implied.restart;
    all.push_back({std::move(implied.service), implied.at, std::move(dependency)});
  }
  return all;
}

}  // namespace saasctl::stack
