#include "render/render.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "project/template_use.hpp"
#include "render/writers.hpp"
#include "util/printable.hpp"

namespace saasctl::render {
namespace {

constexpr std::string_view marker = "made by `saasctl render` from ";

Result<std::string> extra_text(const project::Project& project, const std::string& path,
                               const stack::Rendered& rendered) {
  if (rendered.prometheus) return prometheus_text(*rendered.prometheus);
  if (rendered.variables) return variables_text(project);
  if (rendered.from_template) return template_text(rendered.from_template->text, project.extra_templates.at(path), {});
  std::vector<std::string> names;
  for (const auto& name : rendered.compose) {
    if (name.text != "all") names.push_back(name.text);
  }
  return compose_text(project, names);
}

}  // namespace

std::string signature(const project::Project& project) {
  // A line break in the name must not end the comment.
  const auto name = printable_line(project.file.filename().string());
  return fmt::format("# {}{}; edit that file, then run it again.\n", marker, name);
}

bool is_rendered(std::string_view text) {
  const auto line = text.substr(0, text.find('\n'));
  return line.starts_with("#") && line.find(marker) != std::string_view::npos;
}

Result<std::vector<File>> render_all(const project::Project& project) {
  std::vector<File> files;
  for (const auto& service : project.services) {
    if (!service.from_template) continue;
    for (const auto& [output, text] : service.from_template->files) {
      auto filled = template_text(service.from_template->name + "/" + output, text, service.from_template->values);
      if (!filled) return std::unexpected(filled.error());
      files.push_back({project::service_folder(service.name) + "/" + output, signature(project) + *filled});
    }
  }
  for (const auto& [path, at, rendered] : project.document.stack.render) {
    auto text = extra_text(project, path, rendered);
    if (!text) return std::unexpected(text.error());
    files.push_back({path, signature(project) + *text});
  }
  std::ranges::sort(files, {}, &File::path);
  return files;
}

}  // namespace saasctl::render
