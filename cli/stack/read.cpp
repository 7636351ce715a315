#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "stack/assemble.hpp"
#include "stack/pre_start.hpp"
#include "stack/read.hpp"
#include "stack/stack.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

namespace fs = std::filesystem;

// The last name: of the files, its variables replaced.
std::optional<std::string> name_in(const Files& files, Reading& reading) {
  std::optional<std::string> name;
  for (const auto& path : files.paths) {
    const auto* file = reading.file(path, nullptr);
    if (!file) continue;
    for (const auto& document : file->documents) {
      const auto* written = document->find("name");
      if (!written || written->kind != Kind::scalar) continue;
      auto normal = normal_name(interpolate(written->text, files.environment).text);
      if (!normal.empty()) name = std::move(normal);
    }
  }
  return name;
}

Scope scope_of(const Files& files, Reading& reading) {
  auto name = files.project_name ? *files.project_name : name_in(files, reading).value_or(files.default_name);
  return {files.folder, [outer = files.environment, name = std::move(name)](std::string_view variable) {
            return variable == "COMPOSE_PROJECT_NAME" && !name.empty() ? std::optional(name) : outer(variable);
          }};
}

// The names of services whose profiles are not active, with their profiles.
// Source: Compose specification, 15-profiles.md.
Map<std::vector<std::string>> inactive_services(const Node& root, const Files& files) {
  const auto* services = root.find("services");
  if (!services || services->kind != Kind::map) return {};
  const auto profiles_of = [&](const Node& service) {
    std::vector<std::string> profiles;
    const auto* written = service.find("profiles");
    if (!written) return profiles;
    for (const auto& item : written->items)
      profiles.push_back(item->settled ? item->text : interpolate(item->text, files.environment).text);
    return profiles;
  };
  std::set<std::string> active(files.profiles.begin(), files.profiles.end());
  for (const auto& name : files.services) {
    if (const auto* service = services->find(name)) {
      for (auto& profile : profiles_of(*service)) active.insert(std::move(profile));
    }
  }
  if (active.contains("*")) return {};
  Map<std::vector<std::string>> inactive;
  for (const auto& entry : services->entries) {
    auto profiles = profiles_of(*entry.value);
    const bool out =
        !profiles.empty() && std::ranges::none_of(profiles, [&](const auto& each) { return active.contains(each); });
    if (out) inactive.entries.push_back({entry.key, entry.at, std::move(profiles)});
  }
  return inactive;
}

void leave_out(Map<std::vector<std::string>> inactive, Stack& stack) {
  if (inactive.empty()) return;
  std::set<std::string_view> names;
  for (const auto& entry : inactive) names.insert(entry.name);
  std::erase_if(stack.services.entries, [&](const auto& service) { return names.contains(service.name); });
  stack.inactive = std::move(inactive);
}

// A port that is published twice alike, as by a range and by a single port of another file, is published once.
void unite_ports(Stack& stack) {
  for (auto& service : stack.services) {
    auto& ports = service.value.ports;
    std::unordered_map<std::string, std::size_t> known;
    std::vector<Port> kept;
    for (auto& port : ports) {
      const auto key = fmt::format("{}\n{}\n{}\n{}", port.host_ip.value_or("0.0.0.0"), port.published.text,
                                   port.target.text, port.protocol);
      const auto [place, fresh] = known.emplace(key, kept.size());
      if (fresh) {
        kept.push_back(std::move(port));
      } else {
        kept[place->second] = std::move(port);
      }
    }
    ports = std::move(kept);
  }
}

std::optional<Document> read(const Files& files, Reading& reading) {
  auto& diagnostics = reading.diagnostics();
  const auto scope = scope_of(files, reading);
  auto root = assemble(files.paths, scope, {}, nullptr, reading);
  if (reading.stopped()) return std::nullopt;
  if (!root) {
    const auto sources = reading.sources();
    if (diagnostics.empty() && !sources.empty())
      diagnostics.add({sources.front().get(), 1, 1}, 1, "the file is empty", "it needs at least services:");
    return std::nullopt;
  }
  // A rendered file stays as it is written: whoever runs it completes it again, with other values of its variables.
  if (files.mode == Mode::resolve) root = complete_pre_start(root, diagnostics);
  Reader reader(diagnostics, scope.environment, files.mode);
  auto stack = stack_record().read(*root, reader);
  if (!stack || reading.stopped()) return std::nullopt;
  if (stack->name && !(files.mode == Mode::verbatim && has_variable(stack->name->text)))
    stack->name->text = normal_name(stack->name->text);
  leave_out(inactive_services(*root, files), *stack);
  unite_ports(*stack);
  for (auto& service : stack->services) {
    if (const auto found = reading.unresolved().find(service.name); found != reading.unresolved().end())
      service.value.keys.emplace_back("extends", found->second);
  }
  check_stack(*stack, files.mode, diagnostics);
  validate_plan(*stack, diagnostics);
  auto variables = reading.variables().uses;
  variables.insert(variables.end(), reader.variables().begin(), reader.variables().end());
  return Document{reading.sources(), std::move(*stack), std::move(variables), reading.variables().unset};
}

}  // namespace

std::string normal_name(std::string_view text) {
  std::string out;
  for (const char c : to_lower(text)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter || ((c == '-' || c == '_') && !out.empty())) out += c;
  }
  return out;
}

std::optional<Document> read_stack(const Files& files, Diagnostics& diagnostics) {
  return read_stack(files, diagnostics, {});
}

std::optional<Document> read_stack(const Files& files, Diagnostics& diagnostics, const std::stop_token& stop) {
  Reading reading(files.mode, diagnostics, stop);
  if (std::ranges::find(files.paths, "-") != files.paths.end()) reading.put("-", "<stdin>", files.standard_input);
  return read(files, reading);
}

std::optional<Document> parse_stack(fs::path path, std::string text, const Environment& environment, Mode mode,
                                    Diagnostics& diagnostics) {
  std::error_code ignored;
  const auto whole = absolute_path(fs::current_path(ignored), path);
  Reading reading(mode, diagnostics);
  reading.put(whole, path, std::move(text));
  return read({.paths = {whole}, .folder = whole.parent_path(), .environment = environment, .mode = mode}, reading);
}

}  // namespace saasctl::stack
