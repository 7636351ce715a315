#include "project/load_existing.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "project/files.hpp"
#include "project/home.hpp"
#include "project/order.hpp"
#include "project/service.hpp"
#include "project/template_use.hpp"
#include "stack/assemble.hpp"
#include "stack/implied.hpp"
#include "stack/mount_paths.hpp"
#include "stack/read.hpp"
#include "util/text.hpp"

namespace saasctl::project {
namespace {

namespace fs = std::filesystem;

// It begins the names of networks, volumes and containers, and a volume's name is a file name of at most 255 bytes.
constexpr std::size_t longest_name = 200;

Result<std::string> chosen_name(const Inputs& inputs, const yaml::Variables& environment, const stack::Stack& stack,
                                const fs::path& folder) {
  const auto given = [&](const std::string& name) -> Result<std::string> {
    if (!name.empty() && stack::normal_name(name) == name) return name;
    return failure(ErrorKind::usage, fmt::format("'{}' is not a valid project name", name),
                   "lower-case letters, digits, '-' and '_', beginning with a letter or digit");
  };
  if (inputs.project_name) return given(*inputs.project_name);
  if (const auto found = environment.find("COMPOSE_PROJECT_NAME"); found != environment.end() && !found->second.empty())
    return given(found->second);
  if (stack.name && !stack.name->text.empty()) return stack.name->text;
  const auto name = stack::normal_name(folder.filename().string());
  if (!name.empty()) return name;
  return failure(ErrorKind::usage, "the folder's name gives no project name",
                 "add name: to the stack file, or use -p NAME");
}

Result<std::string> project_name(const Inputs& inputs, const yaml::Variables& environment, const stack::Stack& stack,
                                 const fs::path& folder) {
  auto name = chosen_name(inputs, environment, stack, folder);
  if (!name || name->size() <= longest_name) return name;
  return failure(ErrorKind::usage,
                 fmt::format("the project name '{}…' has {} characters, at most {} are possible", name->substr(0, 20),
                             name->size(), longest_name),
                 "use a shorter name: in the stack file, or with -p NAME");
}

void add_networks(const stack::Stack& stack, Project& project) {
  for (const auto& [key, at, spec] : stack.networks) {
    project.networks.push_back({key, spec.name.value_or(spec.external.value_or(false) ? key : project.name + "_" + key),
                                spec.external.value_or(false), spec});
  }
  const bool default_used = std::ranges::any_of(stack.services, [](const auto& service) {
    return (service.value.networks.empty() && !service.value.network_mode) || service.value.networks.find("default");
  });
  if (default_used && !stack.networks.find("default"))
    project.networks.push_back({"default", project.name + "_default", false, {}});
}

// A volume of the local driver that is a folder of the host. Source: compose-go v2, paths/resolve.go, volumeDriverOpts.
void make_device_absolute(stack::Volume& spec, const fs::path& folder, const yaml::Environment& environment) {
  const auto* kind = spec.driver_opts.find("o");
  if (spec.driver != "local" || !kind || *kind != "bind") return;
  for (auto& [name, at, value] : spec.driver_opts) {
    if (name == "device" && value && !stack::is_windows_path(*value))
      value = stack::absolute_path(folder, with_home(*value, environment)).string();
  }
}

void add_volumes(const stack::Stack& stack, declare::Mode mode, const yaml::Environment& environment,
                 Project& project) {
  for (const auto& [key, at, spec] : stack.volumes) {
    project.volumes.push_back({key, spec.name.value_or(spec.external.value_or(false) ? key : project.name + "_" + key),
                               spec.external.value_or(false), spec});
    if (mode == declare::Mode::resolve) make_device_absolute(project.volumes.back().spec, project.folder, environment);
  }
}

std::vector<Content> contents(const declare::Map<stack::Content>& map, const fs::path& folder,
                              const yaml::Environment& environment) {
  std::vector<Content> out;
  for (const auto& [key, at, spec] : map) {
    Content content{key, {}, spec.environment, spec.content, spec.generate.value_or("random"), at};
    if (spec.file)
      content.file = stack::is_windows_path(*spec.file)
                         ? fs::path(*spec.file)
                         : (folder / with_home(*spec.file, environment)).lexically_normal();
    out.push_back(std::move(content));
  }
  return out;
}

Error all_inactive(const stack::Stack& stack) {
  std::set<std::string> profiles;
  for (const auto& service : stack.inactive) profiles.insert(service.value.begin(), service.value.end());
  const std::vector<std::string> names(profiles.begin(), profiles.end());
  return {ErrorKind::usage,
          fmt::format("no service is active: each has profiles, and none of them is: {}", join(names, ", ")),
          fmt::format("add --profile {}, or set COMPOSE_PROFILES", names.front())};
}

// The services that `names` names, with everything they depend on.
std::set<std::string, std::less<>> with_needed(const stack::Stack& stack, std::vector<std::string> names) {
  std::set<std::string, std::less<>> needed;
  if (names.empty()) return needed;
  std::unordered_map<std::string_view, const stack::Service*> services;
  for (const auto& entry : stack.services) services.emplace(entry.name, &entry.value);
  while (!names.empty()) {
    const auto name = std::move(names.back());
    names.pop_back();
    const auto service = services.find(name);
    if (service == services.end() || !needed.insert(name).second) continue;
    for (const auto& dependency : stack::all_dependencies(*service->second)) names.push_back(dependency.name);
  }
  return needed;
}

constexpr std::size_t most_warnings = 50;

std::vector<std::string> unset_warnings(const stack::Document& document) {
  std::vector<std::string> warnings;
  std::set<std::string> known;
  for (const auto& [name, at] : document.unset) {
    auto warning = fmt::format("{}: variable {} is not set, an empty string is used", yaml::to_string(at), name);
    if (known.insert(warning).second && known.size() <= most_warnings) warnings.push_back(std::move(warning));
  }
  if (known.size() > most_warnings)
    warnings.push_back(fmt::format("{} more variables are not set", known.size() - most_warnings));
  return warnings;
}

}  // namespace

const Service* Project::find(std::string_view service) const {
  const auto found = std::ranges::find(services, service, &Service::name);
  return found == services.end() ? nullptr : &*found;
}

const Content* Project::find_secret(std::string_view key) const {
  const auto found = std::ranges::find(secrets, key, &Content::key);
  return found == secrets.end() ? nullptr : &*found;
}

const Content* Project::find_content(const Grant& grant) const {
  const auto& all = grant.is_config ? configs : secrets;
  const auto found = std::ranges::find(all, grant.key, &Content::key);
  return found == all.end() ? nullptr : &*found;
}

bool has_file(const Inputs& inputs) {
  if (!inputs.files.empty()) return true;
  auto lasting = inputs;
  // What a pipe gives is gone when load() wants it.
  std::erase_if(lasting.env_files, [](const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error) && !fs::is_regular_file(path, error);
  });
  yaml::Diagnostics ignored;
  return choose_files(lasting, ignored).has_value();
}

namespace {

Result<Loaded> load_with(const Inputs& inputs, bool reads_service_files) {
  yaml::Diagnostics diagnostics;
  auto chosen = choose_files(inputs, diagnostics);
  if (!chosen) return std::unexpected(chosen.error());
  const auto& folder = chosen->folder;
  const auto& environment = chosen->environment;
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  stack::Files files{.paths = chosen->files,
                     .folder = folder,
                     .environment = lookup,
                     .mode = inputs.mode,
                     .project_name = inputs.project_name,
                     .default_name = stack::normal_name(folder.filename().string()),
                     .profiles = chosen->profiles,
                     .services = inputs.services};
  if (const auto given = environment.find("COMPOSE_PROJECT_NAME");
      !files.project_name && given != environment.end() && !given->second.empty())
    files.project_name = given->second;
  if (std::ranges::find(files.paths, "-") != files.paths.end()) {
    auto text = read_standard_input(inputs.stop);
    if (!text) return std::unexpected(text.error());
    files.standard_input = std::move(*text);
  }
  auto document = stack::read_stack(files, diagnostics, inputs.stop);
  if (inputs.stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
  if (!document) return std::unexpected(diagnostics.error());

  auto name = project_name(inputs, environment, document->stack, folder);
  Loaded loaded;
  auto& project = loaded.project;
  project.name = name.value_or("project");
  project.folder = folder;
  project.files = chosen->files;
  project.file = project.files.front() == "-" ? folder / "-" : project.files.front();
  add_networks(document->stack, project);
  add_volumes(document->stack, inputs.mode, lookup, project);
  project.secrets = contents(document->stack.secrets, folder, lookup);
  project.configs = contents(document->stack.configs, folder, lookup);
  const yaml::Environment with_name = [&](std::string_view variable) {
    return variable == "COMPOSE_PROJECT_NAME" ? std::optional(project.name) : lookup(variable);
  };
  ServiceResolver resolver{project, inputs.mode, with_name, diagnostics, inputs.stop};
  project.services.reserve(document->stack.services.size());
  const auto needed = with_needed(document->stack, inputs.services);
  for (const auto& entry : document->stack.services) {
    if (inputs.stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    resolver.reads_files = reads_service_files && (needed.empty() || needed.contains(entry.name));
    project.services.push_back(resolver.resolve(entry));
  }
  for (const auto& [path, at, rendered] : document->stack.render) {
    if (rendered.from_template)
      project.extra_templates[path] = read_extra_template(folder, *rendered.from_template, diagnostics);
  }
  if (inputs.stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
  if (!diagnostics.empty()) return std::unexpected(diagnostics.error());
  if (project.services.empty() && !inputs.may_be_inactive) return std::unexpected(all_inactive(document->stack));
  if (!name) return std::unexpected(name.error());
  if (inputs.mode == declare::Mode::resolve) settle_models(project, with_name);
  if (inputs.stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
  project.services = dependencies_first(std::move(project.services));
  loaded.warnings = std::move(chosen->warnings);
  for (auto& warning : unset_warnings(*document)) loaded.warnings.push_back(std::move(warning));
  project.document = std::move(*document);
  project.environment = std::move(chosen->environment);
  project.environment.insert_or_assign("COMPOSE_PROJECT_NAME", project.name);
  return loaded;
}

}  // namespace

// When services are named, files of variables are read only for these and what they depend on.
Result<Loaded> load(const Inputs& inputs) {
  return load_with(inputs, true);
}

Result<Loaded> load_existing(const Inputs& inputs) {
  return load_with(inputs, false);
}

yaml::Variables process_environment() {
  yaml::Variables variables;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view line(*entry);
    const auto equals = line.find('=');
    if (equals != std::string_view::npos && equals > 0)
      variables.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return variables;
}

}  // namespace saasctl::project
