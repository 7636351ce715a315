#include "project/template_use.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/file.hpp"
#include "util/text.hpp"

namespace saasctl::project {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> templates_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "templates", error)) {
    if (fs::exists(entry.path() / "template.yaml", error)) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

void fill_holes(const stack::Service& spec, stack::Mode mode, TemplateUse& use, stack::Diagnostics& diagnostics) {
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
    const auto plain = mode == stack::Mode::keep ? stack::without_variables(value.value_or("")) : value.value_or("");
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

void read_files(TemplateUse& use, stack::Diagnostics& diagnostics) {
  for (const auto& [output, at, input] : use.spec.files) {
    auto text = read_file(use.folder / input);
    if (!text) diagnostics.add(at, output.size(), text.error().message);
    use.files[output] = text.value_or("");
  }
}

}  // namespace

std::optional<TemplateUse> use_template(const fs::path& folder, const std::string& service, const stack::Service& spec,
                                        stack::Mode mode, stack::Diagnostics& diagnostics) {
  const auto& name = *spec.use_template;
  const auto known = templates_in(folder);
  if (std::ranges::find(known, name.text) == known.end()) {
    const auto close = nearest(name.text, known);
    diagnostics.add(name.at, name.text.size(), fmt::format("unknown template '{}'", name.text),
                    close           ? "did you mean '" + *close + "'?"
                    : known.empty() ? "there is no templates/ folder with a template beside the stack file"
                                    : "templates: " + join(known, ", "));
    return std::nullopt;
  }
  TemplateUse use{name.text, folder / "templates" / name.text, {}, {}, {}};
  auto spec_read = stack::read_template(use.folder / "template.yaml", diagnostics);
  if (!spec_read) return std::nullopt;
  use.spec = std::move(*spec_read);
  fill_holes(spec, mode, use, diagnostics);
  read_files(use, diagnostics);
  use.values["service"] = service;
  use.values["folder"] = service_folder(service);
  return use;
}

std::string read_extra_template(const fs::path& folder, const stack::Word& name, stack::Diagnostics& diagnostics) {
  auto text = read_file(folder / "templates" / name.text);
  if (!text)
    diagnostics.add(name.at, name.text.size(), text.error().message, "the name is that of a file below templates/");
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
