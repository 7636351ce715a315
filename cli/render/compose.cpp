#include <algorithm>

#include "render/used_resources.hpp"
#include "render/writers.hpp"
#include "render/yaml.hpp"

namespace saasctl::render {
namespace {

using declare::Json;

// The service as Compose knows it.
stack::Service composed(const project::Service& service, const std::set<std::string>& included) {
  auto spec = service.spec;
  spec.use_template.reset();
  spec.with = {};
  spec.ready.reset();
  std::erase_if(spec.depends_on.entries, [&](const auto& dependency) { return !included.contains(dependency.name); });
  return spec;
}

// The top-level section with the entries that are used, in the order of the stack file.
void add_section(Json& root, const char* name, const Json& all, const std::set<std::string>& used) {
  const auto section = all.find(name);
  if (section == all.end()) return;
  Json out = Json::object();
  for (const auto& [key, value] : section->items()) {
    if (!used.contains(key)) continue;
    Json entry = value;
    if (const auto generate = entry.find("generate"); generate != entry.end()) {
      const auto kind = *generate;
      entry.erase(generate);
      entry["x-saasctl-generate"] = kind;
    }
    out[key] = entry.empty() ? Json(nullptr) : entry;
  }
  if (!out.empty()) root[name] = std::move(out);
}

// A blank line before every member of the top level and of services, so that the file reads as sections.
std::string spaced(const std::string& yaml) {
  std::string out;
  bool in_services = false;
  for (std::size_t at = 0; at < yaml.size();) {
    const auto end = yaml.find('\n', at) + 1;
    const std::string_view line(yaml.data() + at, end - at);
    const bool top = line[0] != ' ' && line[0] != '\n';
    const bool service = in_services && line.starts_with("  ") && line[2] != ' ' && !out.ends_with("services:\n");
    if ((top && at > 0) || service) out += '\n';
    if (top) in_services = line.starts_with("services:");
    out += line;
    at = end;
  }
  return out;
}

}  // namespace

std::string compose_text(const project::Project& project, const std::vector<std::string>& names) {
  std::set<std::string> included(names.begin(), names.end());
  if (included.empty()) {
    for (const auto& service : project.services) included.insert(service.name);
  }
  const auto& stack = project.document.stack;
  const auto all = stack::stack_record().write(stack, declare::Style::source);
  Json root = Json::object();
  if (stack.name) root["name"] = stack.name->text;
  UsedResources used;
  auto& services = root["services"] = Json::object();
  for (const auto& service : project.services) {
    if (!included.contains(service.name)) continue;
    const auto spec = composed(service, included);
    used.add(spec);
    services[service.name] = stack::service_record().write(spec, declare::Style::source);
  }
  add_section(root, "networks", all, used.networks);
  add_section(root, "volumes", all, used.volumes);
  add_section(root, "secrets", all, used.secrets);
  add_section(root, "configs", all, used.configs);
  return spaced(to_yaml(root));
}

}  // namespace saasctl::render
