#include "project/template_use.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "stack/assemble.hpp"
#include "util/inner_path.hpp"
#include "util/text.hpp"

namespace saasctl::project {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> templates_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::error_code ignored;
  for (auto at = fs::directory_iterator(folder / "templates", error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (fs::exists(at->path() / "template.yaml", ignored)) names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

void fill_holes(const stack::Service& spec, declare::Mode mode, TemplateUse& use, yaml::Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const auto& hole : use.spec.holes) names.push_back(hole.name);
  for (const auto& [name, at, value] : spec.with) {
    const auto* hole = use.spec.holes.find(name);
    if (!hole) {
      const auto close = nearest(name, names);
      diagnostics.add(at, name.size(), fmt::format("template '{}' has no hole '{}'", use.name, name),
                      close ? "did you mean '" + *close + "'?" : "its holes: " + join(names, ", "));
      continue;
    }
    const auto plain =
        mode == declare::Mode::verbatim ? yaml::without_variables(value.value_or("")) : value.value_or("");
    const auto checked = stack::check_hole_value(*hole, plain);
    if (!checked) diagnostics.add(at, name.size(), fmt::format("'{}' is not {}", plain, checked.error()), hole->doc);
    use.values[name] = plain;
  }
  for (const auto& [name, at, hole] : use.spec.holes) {
    if (use.values.contains(name)) continue;
    if (hole.required.value_or(false)) {
      diagnostics.add(spec.where("template"), 8, fmt::format("template '{}' needs a value for '{}'", use.name, name),
                      fmt::format("write it under with: — {}", hole.doc));
    }
    use.values[name] = hole.default_value.value_or("");
  }
}

// The text of a template's file, which must lie in the project: neither its name nor a link may lead elsewhere.
Result<std::string> read_inside(const fs::path& path, const fs::path& project) {
  const auto out = leads_out(path, project);
  if (!out) return std::unexpected(out.error());
  if (*out) {
    return failure(fmt::format("{} leads out of the project's folder {}", path.string(), project.string()),
                   "copy the file into the project");
  }
  return read_file(path, stack::template_file);
}

void read_files(TemplateUse& use, const fs::path& project, yaml::Diagnostics& diagnostics) {
  for (const auto& [output, at, input] : use.spec.files) {
    if (inner_name_fault(input, "")) continue;  // read_template() has reported it
    auto text = read_inside(use.folder / input, project);
    if (!text) diagnostics.add(at, output.size(), text.error().message, text.error().hint);
    use.files[output] = text.value_or("");
  }
}

}  // namespace

std::optional<TemplateUse> use_template(const fs::path& folder, const std::string& service, const stack::Service& spec,
                                        declare::Mode mode, yaml::Diagnostics& diagnostics) {
  const auto& name = *spec.use_template;
  const auto known = templates_in(folder);
  if (std::ranges::find(known, name.text) == known.end()) {
    const auto close = nearest(name.text, known);
    diagnostics.add(name.at, name.text.size(), fmt::format("unknown template '{}'", name.text),
                    close           ? "did you mean '" + *close + "'?"
                    : known.empty() ? "the stack file's folder has no templates/ folder with a template"
                                    : "templates: " + join(known, ", "));
    return std::nullopt;
  }
  TemplateUse use{name.text, folder / "templates" / name.text, {}, {}, {}};
  if (const auto out = leads_out(use.folder / "template.yaml", folder); !out || *out) {
    diagnostics.add(
        name.at, name.text.size(),
        out ? fmt::format("template '{}' leads out of the project's folder", name.text) : out.error().message,
        "copy its folder into the project");
    return std::nullopt;
  }
  auto spec_read = stack::read_template(use.folder / "template.yaml", diagnostics);
  if (!spec_read) return std::nullopt;
  use.spec = std::move(*spec_read);
  fill_holes(spec, mode, use, diagnostics);
  read_files(use, folder, diagnostics);
  use.values["service"] = service;
  use.values["folder"] = service_folder(service);
  return use;
}

std::string read_extra_template(const fs::path& folder, const declare::Word& name, yaml::Diagnostics& diagnostics) {
  if (inner_name_fault(name.text, "")) return "";  // check_stack() has reported it
  auto text = read_inside(folder / "templates" / name.text, folder);
  if (!text) {
    diagnostics.add(name.at, name.text.size(), text.error().message,
                    text.error().hint.empty() ? "the name is that of a file below templates/" : text.error().hint);
  }
  return text.value_or("");
}

std::string service_folder(const std::string& service) {
  return "services/" + service;
}

stack::Build template_build(const std::string& service) {
  stack::Build build;
  build.context = ".";
  build.dockerfile = service_folder(service) + "/Dockerfile";
  return build;
}

}  // namespace saasctl::project
