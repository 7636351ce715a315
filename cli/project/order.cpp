#include "project/order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "util/text.hpp"

namespace saasctl::project {

std::vector<Service> dependencies_first(std::vector<Service> services) {
  std::map<std::string, std::size_t, std::less<>> index;
  for (std::size_t i = 0; i < services.size(); ++i) index[services[i].name] = i;
  std::vector<std::vector<std::size_t>> dependants(services.size());
  std::vector<std::size_t> waiting(services.size(), 0);
  for (std::size_t i = 0; i < services.size(); ++i) {
    for (const auto& dependency : services[i].dependencies) {
      const auto found = index.find(dependency.service);
      if (found == index.end()) continue;
      dependants[found->second].push_back(i);
      ++waiting[i];
    }
  }
  std::set<std::size_t> ready;
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (waiting[i] == 0) ready.insert(i);
  }
  std::vector<Service> ordered;
  ordered.reserve(services.size());
  while (!ready.empty()) {
    const auto next = *ready.begin();
    ready.erase(ready.begin());
    for (const auto dependant : dependants[next]) {
      if (--waiting[dependant] == 0) ready.insert(dependant);
    }
    ordered.push_back(std::move(services[next]));
  }
  return ordered;
}

Result<void> check_names(const std::vector<std::string>& names, const std::vector<std::string>& known,
                         std::string_view where) {
  const std::set<std::string_view> all(known.begin(), known.end());
  for (const auto& name : names) {
    if (all.contains(name)) continue;
    const auto close = nearest(name, known);
    return failure(ErrorKind::usage, fmt::format("no service '{}' in {}", name, where),
                   close ? "did you mean '" + *close + "'?" : "services: " + join(known, ", "));
  }
  return {};
}

Result<std::vector<std::string>> with_dependencies(const Project& project, const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (const auto& service : project.services) all.push_back(service.name);
  if (names.empty()) return all;
  if (auto known = check_names(names, all, project.file.filename().string()); !known)
    return std::unexpected(known.error());
  std::unordered_map<std::string_view, const Service*> services;
  for (const auto& service : project.services) services.emplace(service.name, &service);
  std::set<std::string, std::less<>> wanted;
  std::vector<std::string> open = names;
  while (!open.empty()) {
    const auto name = std::move(open.back());
    open.pop_back();
    const auto service = services.find(name);
    if (service == services.end()) continue;  // an optional dependency that does not exist
    if (!wanted.insert(name).second) continue;
    for (const auto& dependency : service->second->dependencies) open.push_back(dependency.service);
  }
  std::erase_if(all, [&](const std::string& name) { return !wanted.contains(name); });
  return all;
}

std::vector<std::string> attached_services(const Project& project, const std::vector<std::string>& names) {
  auto attached = names;
  std::erase_if(attached, [&](const std::string& name) {
    const auto* service = project.find(name);
    return service && !service->spec.attach.value_or(true);
  });
  return attached;
}

bool is_awaited_job(const Project& project, std::string_view service) {
  return std::ranges::any_of(project.services, [&](const Service& other) {
    return std::ranges::any_of(other.dependencies, [&](const Dependency& dependency) {
      return dependency.service == service && dependency.condition == "service_completed_successfully";
    });
  });
}

}  // namespace saasctl::project
