#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "stack/check_modes.hpp"
#include "stack/implied.hpp"
#include "stack/shapes.hpp"
#include "stack/stack.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

template <typename T>
std::vector<std::string> names_of(const Map<T>& map) {
  std::vector<std::string> names;
  for (const auto& entry : map) names.push_back(entry.name);
  return names;
}

class Checker {
 public:
  Checker(const Stack& stack, Mode mode, Diagnostics& diagnostics)
      : stack_(stack), mode_(mode), diagnostics_(diagnostics) {
    for (const auto& service : stack.services) services_.emplace(service.name, &service);
  }

  void run() {
    if (stack_.services.empty() && stack_.inactive.empty())
      error(stack_.where("services"), 1, "the stack has no services", "add at least one under services:");
    check_names();
    for (const auto& service : stack_.services) check_service(service);
    check_cycles();
    check_external(stack_.networks, "network");
    check_external(stack_.volumes, "volume");
    check_contents();
    check_rendered();
  }

 private:
  void error(Position at, std::size_t length, std::string message, std::string hint = {}) {
    diagnostics_.add(at, length, std::move(message), std::move(hint));
  }

  void undefined(std::string_view kind, const std::string& name, Position at, const std::vector<std::string>& known,
                 const std::string& where) {
    const auto close = nearest(name, known);
    auto hint = close           ? "did you mean '" + *close + "'?"
                : known.empty() ? fmt::format("define it under {}:", where)
                                : fmt::format("{}: {}", where, join(known, ", "));
    error(at, name.size(), fmt::format("unknown {} '{}'", kind, name), std::move(hint));
  }

  template <typename T>
  void check_keys(const Map<T>& map, std::string_view kind) {
    for (const auto& entry : map) {
      if (!is_resource_name(entry.name)) {
        error(entry.at, entry.name.size(), fmt::format("'{}' is no name for a {}", entry.name, kind),
              "letters, digits, '_', '.' and '-', beginning with a letter or digit");
      }
    }
  }

  void check_names() {
    check_keys(stack_.services, "service");
    check_keys(stack_.networks, "network");
    check_keys(stack_.volumes, "volume");
    check_keys(stack_.secrets, "secret");
    check_keys(stack_.configs, "config");
  }

  void check_service(const Named<Service>& entry) {
    const auto& service = entry.value;
    if (!service.has("image") && !service.has("build") && !service.has("template")) {
      error(entry.at, entry.name.size(),
            fmt::format("service '{}' has neither image nor build nor template", entry.name), "say what it runs");
    }
    if (!service.with.empty() && !service.use_template) {
      error(service.where("with"), 4, "'with' fills the holes of a template, and there is none", "add template: NAME");
    }
    for (const auto& dependency : service.depends_on) check_dependency(entry, dependency);
    for (const auto& use : service.networks) {
      if (use.name != "default" && !stack_.networks.find(use.name))
        undefined("network", use.name, use.at, names_of(stack_.networks), "networks");
    }
    for (const auto& mount : service.volumes) {
      const bool named =
          mount.type == "volume" && mount.source && !(mode_ == Mode::keep && has_variable(*mount.source));
      if (named && !stack_.volumes.find(*mount.source))
        undefined("volume", *mount.source, mount.at, names_of(stack_.volumes), "volumes");
    }
    for (const auto& grant : service.secrets) check_grant("secret", grant.source, stack_.secrets, "secrets");
    for (const auto& grant : service.configs) check_grant("config", grant.source, stack_.configs, "configs");
    if (service.build) {
      for (const auto& secret : service.build->secrets) check_grant("secret", secret.source, stack_.secrets, "secrets");
    }
    check_ready(service);
  }

  void check_grant(std::string_view kind, const Word& name, const Map<Content>& known, const std::string& where) {
    if (!name.at) return;  // the key is missing, which has been said
    if (!known.find(name.text)) undefined(kind, name.text, name.at, names_of(known), where);
  }

  void check_dependency(const Named<Service>& entry, const Named<Dependency>& dependency) {
    if (services_.contains(dependency.name) || !dependency.value.required.value_or(true)) return;
    if (mode_ == Mode::keep && has_variable(dependency.name)) return;
    const auto* profiles = stack_.inactive.find(dependency.name);
    if (!profiles) return undefined("service", dependency.name, dependency.at, names_of(stack_.services), "services");
    error(dependency.at, dependency.name.size(),
          fmt::format("'{}' depends on '{}', which is not active: its profile{} {}", entry.name, dependency.name,
                      profiles->size() == 1 ? " is" : "s are", join(*profiles, ", ")),
          fmt::format("add --profile {}, or required: false to the dependency", profiles->front()));
  }

  void check_ready(const Service& service) {
    if (!service.ready) return;
    const auto& ready = *service.ready;
    if (mode_ == Mode::keep && has_variable(ready.http ? *ready.http : ready.tcp ? ready.tcp->text : "")) return;
    const auto port = ready.http ? ready.http->substr(1, ready.http->find('/') - 1) : ready.tcp ? ready.tcp->text : "";
    if (port.empty()) return;
    const bool published = std::ranges::any_of(service.ports, [&](const Port& p) { return p.target.text == port; });
    if (!published) {
      error(ready.where(ready.http ? "http" : "tcp"), 4,
            fmt::format("port {} is not published, so nobody outside can ask it", port),
            "add it to ports:, or use exec");
    }
  }

  // Depth-first over the dependencies; each cycle is named once, in full.
  void check_cycles() {
    std::map<std::string, int, std::less<>> colour;  // 1 on the path, 2 done
    for (const auto& service : stack_.services) {
      std::vector<std::string> path;
      visit(service.name, colour, path);
    }
  }

  void visit(const std::string& root, std::map<std::string, int, std::less<>>& colour, std::vector<std::string>& path) {
    struct Step {
      const Named<Service>* service;
      std::vector<Named<Dependency>> dependencies = all_dependencies(service->value);
      std::size_t next = 0;
    };
    const auto find = [&](std::string_view name) {
      const auto found = services_.find(name);
      return found == services_.end() ? nullptr : found->second;
    };
    if (colour[root] == 2) return;
    std::vector<Step> steps{{find(root)}};
    colour[root] = 1;
    path.push_back(root);
    while (!steps.empty()) {
      auto& step = steps.back();
      const auto& dependencies = step.dependencies;
      if (step.next == dependencies.size()) {
        colour[step.service->name] = 2;
        path.pop_back();
        steps.pop_back();
        continue;
      }
      const auto dependency = dependencies[step.next++];
      const auto* other = find(dependency.name);
      if (!other || colour[dependency.name] == 2) continue;
      if (colour[dependency.name] == 1) {
        report_cycle(path, dependency);
        continue;
      }
      colour[dependency.name] = 1;
      path.push_back(dependency.name);
      steps.push_back({other});
    }
  }

  void report_cycle(const std::vector<std::string>& path, const Named<Dependency>& closing) {
    const auto start = std::ranges::find(path, closing.name);
    std::vector<std::string> cycle(start, path.end());
    cycle.push_back(closing.name);
    error(closing.at, closing.name.size(), "dependency cycle: " + join(cycle, " → "),
          "remove one of these dependencies");
  }

  // What exists already is taken as it is.
  template <typename T>
  void check_external(const Map<T>& map, std::string_view kind) {
    for (const auto& [name, at, value] : map) {
      if (!value.external.value_or(false)) continue;
      for (const auto& [key, place] : value.keys) {
        if (key == "external" || key == "name") continue;
        error(place, key.size(), fmt::format("{} '{}' is external, so '{}' has no effect", kind, name, key),
              "remove one of the two");
      }
    }
  }

  void check_contents() {
    const auto one_source = [&](const Map<Content>& contents, std::string_view kind, std::string_view sources) {
      for (const auto& [name, at, content] : contents) {
        if (int{content.file.has_value()} + int{content.environment.has_value()} + int{content.content.has_value()} !=
                1 &&
            !content.external.value_or(false))
          error(at, name.size(), fmt::format("{} '{}' needs {}", kind, name, sources),
                "say where its content comes from, once");
      }
    };
    one_source(stack_.secrets, "secret", "exactly one of file and environment");
    one_source(stack_.configs, "config", "exactly one of file, environment and content");
  }

  void check_rendered() {
    for (const auto& [name, at, rendered] : stack_.render) {
      const std::filesystem::path path(name);
      if (name.empty() || !path.has_filename()) {
        error(at, std::max<std::size_t>(name.size(), 1), fmt::format("'{}' is no name of a file", name),
              "name the file to write");
        continue;
      }
      if (path.is_absolute() || *path.lexically_normal().begin() == "..") {
        error(at, name.size(), fmt::format("'{}' lies outside the folder of the stack file", name),
              "write a path below it");
      }
      if (!rendered.compose.empty() && path.has_parent_path()) {
        error(at, name.size(),
              "a Compose file is written beside the stack file, because its paths are relative to its folder",
              "name it without a folder");
      }
      for (const auto& service : rendered.compose) {
        if (service.text == "all" && rendered.compose.size() == 1) continue;
        if (!stack_.services.find(service.text))
          undefined("service", service.text, service.at, names_of(stack_.services), "services");
      }
    }
  }

  const Stack& stack_;
  std::unordered_map<std::string_view, const Named<Service>*> services_;
  Mode mode_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_stack(const Stack& stack, Mode mode, Diagnostics& diagnostics) {
  Checker(stack, mode, diagnostics).run();
  check_modes(stack, diagnostics);
}

}  // namespace saasctl::stack
