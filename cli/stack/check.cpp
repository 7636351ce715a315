#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "stack/check_modes.hpp"
#include "stack/image_reference.hpp"
#include "stack/implied.hpp"
#include "stack/shapes.hpp"
#include "stack/stack.hpp"
#include "util/inner_path.hpp"
#include "util/text.hpp"
#include "yaml/detail.hpp"

namespace saasctl::stack {
namespace {

template <typename T>
std::vector<std::string> names_of(const Map<T>& map) {
  std::vector<std::string> names;
  for (const auto& entry : map) names.push_back(entry.name);
  return names;
}

class Validator {
 public:
  Validator(const Stack& stack, Mode mode, Diagnostics& diagnostics)
      : stack_(stack), mode_(mode), diagnostics_(diagnostics) {
    for (const auto& service : stack.services) services_.emplace(service.name, &service);
    for (const auto& service : stack.inactive) inactive_.emplace(service.name, &service.value);
  }

  void run() {
    if (stack_.services.empty() && stack_.inactive.empty())
      error(stack_.where("services"), 1, "the stack has no services", "add at least one under services:");
    check_names();
    for (const auto& service : stack_.services) check_service(service);
    check_cycles();
    check_engine_names();
    check_external(stack_.networks, "network");
    check_external(stack_.volumes, "volume");
    check_contents();
    check_rendered();
  }

 private:
  void error(Position at, std::size_t length, std::string message, std::string hint = {}) {
    diagnostics_.add(at, length, std::move(message), std::move(hint));
  }

  bool detailed() const { return explains_more(diagnostics_); }

  template <typename T>
  void undefined(std::string_view kind, const std::string& name, Position at, const Map<T>& map,
                 const std::string& where) {
    const auto known = detailed() ? names_of(map) : std::vector<std::string>();
    const auto close = nearest(name, known);
    auto hint = close           ? "did you mean '" + *close + "'?"
                : known.empty() ? fmt::format("define it under {}:", where)
                                : fmt::format("{}: {}", where, join(known, ", "));
    error(at, name.size(), fmt::format("unknown {} '{}'", kind, name), std::move(hint));
  }

  // Whether the map, one of stack_, has the name.
  template <typename T>
  bool has(const Map<T>& map, std::string_view name) {
    auto& names = names_[&map];
    if (names.empty()) {
      for (const auto& entry : map) names.insert(entry.name);
    }
    return names.contains(name);
  }

  template <typename T>
  void check_keys(const Map<T>& map, std::string_view kind) {
    for (const auto& entry : map) {
      if (!is_resource_name(entry.name)) {
        error(entry.at, entry.name.size(), fmt::format("'{}' is not a valid name for a {}", entry.name, kind),
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
    check_image(entry);
    if (!service.with.empty() && !service.use_template && !misses_base(service)) {
      error(service.where("with"), 4, "'with' fills the holes of a template, and the service has none",
            "add template: NAME");
    }
    for (const auto& dependency : service.depends_on) check_dependency(entry, dependency);
    check_container(service);
    for (const auto& step : service.pre_start) {
      check_reference(step);
      check_container(step);
    }
    if (service.build) {
      for (const auto& secret : service.build->secrets) check_grant("secret", secret.source, stack_.secrets, "secrets");
    }
    check_ready(service);
  }

  // What it names of the top level.
  void check_container(const Service& service) {
    for (const auto& use : service.networks) {
      if (use.name != "default" && !has(stack_.networks, use.name))
        undefined("network", use.name, use.at, stack_.networks, "networks");
    }
    for (const auto& mount : service.volumes) {
      const bool named =
          mount.type == "volume" && mount.source && !(mode_ == Mode::verbatim && has_variable(*mount.source));
      if (named && !has(stack_.volumes, *mount.source))
        undefined("volume", *mount.source, mount.at, stack_.volumes, "volumes");
    }
    for (const auto& grant : service.secrets) check_grant("secret", grant.source, stack_.secrets, "secrets");
    for (const auto& grant : service.configs) check_grant("config", grant.source, stack_.configs, "configs");
  }

  void check_reference(const Service& service) {
    if (!service.image || service.image->empty() || (mode_ == Mode::verbatim && has_variable(*service.image))) return;
    if (auto fault = fault_of_reference(*service.image))
      error(service.where("image"), 5, invalid_reference(*service.image, *fault), std::string(reference_hint));
  }

  // An `extends` that failed is still there, with an error of its own. What the service would have from its base is
  // unknown, so that no missing key is an error.
  static bool misses_base(const Service& service) { return service.has("extends"); }

  // An image that is empty, after its variables are replaced, is none.
  void check_image(const Named<Service>& entry) {
    const auto& service = entry.value;
    const bool is_empty = service.image && service.image->empty();
    check_reference(service);
    if ((service.has("image") && !is_empty) || service.has("build") || service.has("template")) return;
    if (misses_base(service) && !is_empty) return;
    auto message = fmt::format("service '{}' has neither an image nor a build context", entry.name);
    if (is_empty) {
      error(service.where("image"), 5, message + ": its image is empty",
            "name an image, or set the variable that it comes from");
    } else {
      error(entry.at, entry.name.size(), std::move(message), "add image:, build: or template:");
    }
  }

  void check_grant(std::string_view kind, const Word& name, const Map<Content>& known, const std::string& where) {
    if (!name.at) return;  // the key is missing, which has been said
    if (!has(known, name.text)) undefined(kind, name.text, name.at, known, where);
  }

  void check_dependency(const Named<Service>& entry, const Named<Dependency>& dependency) {
    if (services_.contains(dependency.name) || !dependency.value.required.value_or(true)) return;
    if (mode_ == Mode::verbatim && has_variable(dependency.name)) return;
    const auto inactive = inactive_.find(dependency.name);
    if (inactive == inactive_.end())
      return undefined("service", dependency.name, dependency.at, stack_.services, "services");
    const auto* profiles = inactive->second;
    error(dependency.at, dependency.name.size(),
          fmt::format("'{}' depends on '{}', which is not active: its profile{} {}", entry.name, dependency.name,
                      profiles->size() == 1 ? " is" : "s are", join(*profiles, ", ")),
          fmt::format("add --profile {}, or required: false to the dependency", profiles->front()));
  }

  void check_ready(const Service& service) {
    if (!service.ready || misses_base(service)) return;
    const auto& ready = *service.ready;
    if (mode_ == Mode::verbatim && has_variable(ready.http ? *ready.http : ready.tcp ? ready.tcp->text : "")) return;
    const auto port = ready.http ? ready.http->substr(1, ready.http->find('/') - 1) : ready.tcp ? ready.tcp->text : "";
    if (port.empty()) return;
    const bool published = std::ranges::any_of(service.ports, [&](const Port& p) { return p.target.text == port; });
    if (!published) {
      error(ready.where(ready.http ? "http" : "tcp"), 4,
            fmt::format("port {} is not published, so it cannot be reached from outside", port),
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
    if (!detailed())
      return error(closing.at, closing.name.size(), "dependency cycle", "remove one of its dependencies");
    const auto start = std::ranges::find(path, closing.name);
    std::vector<std::string> cycle(start, path.end());
    cycle.push_back(closing.name);
    error(closing.at, closing.name.size(), "dependency cycle: " + join(cycle, " → "),
          "remove one of these dependencies");
  }

  // Names of networks, and of volumes of other drivers, may be odder than those of containers.
  void check_engine_names() {
    const auto check = [&](const auto& value, bool (*valid)(std::string_view), std::string_view kind,
                           std::string_view allowed) {
      if (!value.name || valid(*value.name) || (mode_ == Mode::verbatim && has_variable(*value.name))) return;
      error(value.where("name"), 4, fmt::format("invalid {} name '{}'", kind, *value.name), std::string(allowed));
    };
    constexpr std::string_view plain = "use letters, digits, '_', '.' and '-', beginning with a letter or digit";
    constexpr std::string_view any =
        "it must not be empty, and have no control characters and no '.' or '..' between slashes";
    for (const auto& [key, at, network] : stack_.networks) check(network, is_askable_name, "network", any);
    for (const auto& [key, at, volume] : stack_.volumes) {
      const bool is_local = !volume.external.value_or(false) && volume.driver.value_or("local") == "local";
      check(volume, is_local ? is_engine_name : is_askable_name, "volume", is_local ? plain : any);
    }
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
      if (const auto fault = inner_name_fault(name, "the folder of the stack file"))
        error(at, std::max<std::size_t>(name.size(), 1), fault->message, fault->hint);
      if (rendered.from_template) {
        const auto& from = *rendered.from_template;
        if (const auto fault = inner_name_fault(from.text, "templates/"))
          error(from.at, std::max<std::size_t>(from.text.size(), 1), fault->message, fault->hint);
      }
      if (!rendered.compose.empty() && std::filesystem::path(name).has_parent_path()) {
        error(at, name.size(),
              "a Compose file is written beside the stack file, because its paths are relative to its folder",
              "name it without a folder");
      }
      for (const auto& service : rendered.compose) {
        if (service.text == "all" && rendered.compose.size() == 1) continue;
        if (!has(stack_.services, service.text))
          undefined("service", service.text, service.at, stack_.services, "services");
      }
    }
  }

  const Stack& stack_;
  std::unordered_map<std::string_view, const Named<Service>*> services_;
  std::unordered_map<std::string_view, const std::vector<std::string>*> inactive_;  // their profiles
  std::unordered_map<const void*, std::unordered_set<std::string_view>> names_;     // of maps of stack_
  Mode mode_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_stack(const Stack& stack, Mode mode, Diagnostics& diagnostics) {
  Validator(stack, mode, diagnostics).run();
  check_modes(stack, diagnostics);
}

}  // namespace saasctl::stack
