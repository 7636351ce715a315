#include "stack/template.hpp"

#include "stack/assemble.hpp"
#include "util/inner_path.hpp"
#include "util/text.hpp"

namespace saasctl::stack {
namespace {

const Record<Hole>& hole_record() {
  static const auto record =
      Record<Hole>("hole", "A value that a service gives to its template under with:.")
          .key("type", &Hole::type, one_of({"string", "port", "boolean"}), "What fits into it.", Origin::ours)
          .key("required", &Hole::required, boolean(), "true: a service must fill it.", Origin::ours)
          .key("default", &Hole::default_value, any_text(), "Value when the service does not fill it.", Origin::ours)
          .key("doc", &Hole::doc, text(), "What it is for, one sentence.", Origin::ours);
  return record;
}

void check_files(const Map<std::string>& files, Diagnostics& diagnostics) {
  const auto check = [&](const std::string& name, std::string_view folder, const Position& at, std::size_t length) {
    if (const auto fault = inner_name_fault(name, folder)) diagnostics.add(at, length, fault->message, fault->hint);
  };
  for (const auto& [output, at, input] : files) {
    const auto length = std::max<std::size_t>(output.size(), 1);
    check(output, "the service's folder", at, length);
    check(input, "the template's folder", at, length);
  }
}

}  // namespace

const Record<Template>& template_record() {
  static const auto record =
      Record<Template>("template", "The file template.yaml in a folder of templates/.")
          .key("description", &Template::description, text(), "What the template makes, one sentence.", Origin::ours)
          .key("holes", &Template::holes, map_of(hole_record().form()), "Values the service gives under with:.",
               Origin::ours)
          .key("files", &Template::files, map_of(text()),
               "File below services/NAME/ and the Mustache file it is made from.", Origin::ours, true);
  return record;
}

std::optional<Template> read_template(const std::filesystem::path& path, Diagnostics& diagnostics) {
  auto text = read_file(path, template_file);
  if (!text) {
    diagnostics.add({}, 1, text.error().message, text.error().hint);
    return std::nullopt;
  }
  auto source = std::make_shared<const Source>(path, std::move(*text));
  diagnostics.keep(source);
  const auto before = diagnostics.list().size();
  const auto root = parse_yaml(*source, diagnostics);
  if (!root) {
    if (diagnostics.list().size() == before)
      diagnostics.add({source.get(), 1, 1}, 1, "the file is empty", "it needs at least files:");
    return std::nullopt;
  }
  Reader reader(
      diagnostics, [](std::string_view) { return std::nullopt; }, Mode::verbatim);
  auto read = template_record().read(*root, reader);
  if (read) check_files(read->files, diagnostics);
  return read;
}

Parsed<std::string> check_hole_value(const Hole& hole, const std::string& value) {
  if (hole.type == "boolean" && value != "true" && value != "false") return std::unexpected("true or false");
  if (hole.type == "port") {
    const auto port = parse_integer(value);
    if (!port || *port < 1 || *port > 65535) return std::unexpected("a port from 1 to 65535");
  }
  return value;
}

}  // namespace saasctl::stack
