#include "stack/assemble.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "stack/merge.hpp"
#include "stack/vocabulary.hpp"
#include "yaml/yaml_parser.hpp"

namespace saasctl::stack {

namespace fs = std::filesystem;

fs::path working_folder(const fs::path& named) {
  std::error_code ignored;
  if (named.is_absolute() && fs::equivalent(named, ".", ignored)) return named;
  return fs::current_path(ignored);
}

fs::path shown_path(const fs::path& path) {
  const char* named = std::getenv("PWD");
  const auto here = working_folder(named ? named : "");
  auto shown = path.lexically_relative(here);
  return shown.empty() || *shown.begin() == ".." ? path : shown;
}

fs::path absolute_path(const fs::path& folder, const fs::path& path) {
  auto whole = (folder / path).lexically_normal();
  return whole.has_filename() || !whole.has_relative_path() ? whole : whole.parent_path();
}

bool is_there(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) return true;
  return error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory &&
         error != std::errc::permission_denied;
}

Result<std::string> Reading::text_of_file(const fs::path& path, const FileKind& kind) const {
  return read_input(path, kind, stop_, shown_path(path).string());
}

void Reading::put(const fs::path& path, const fs::path& shown, std::string text) {
  File file{std::make_shared<const Source>(shown, std::move(text)), {}};
  diagnostics_.keep(file.source);
  file.documents = parse_documents(*file.source, diagnostics_, stop_);
  files_.emplace(path, std::move(file));
}

const Reading::File* Reading::file(const fs::path& path, const Node* named_by) {
  if (const auto found = files_.find(path); found != files_.end()) return &found->second;
  auto text = text_of_file(path, stack_file);
  if (!text) {
    const auto& error = text.error();
    diagnostics_.add(named_by ? named_by->at : Position{}, named_by ? named_by->width() : 1, error.message,
                     error.kind == ErrorKind::not_found && !named_by
                         ? "go to the folder that has it, or name it with -f"
                         : error.hint);
    return nullptr;
  }
  put(path, shown_path(path), std::move(*text));
  return &files_.at(path);
}

std::vector<NodePtr> Reading::documents(const fs::path& path, const Scope& scope, const Node* named_by) {
  const auto* found = file(path, named_by);
  if (!found) return {};
  auto documents = found->documents;
  if (mode_ == Mode::verbatim) return documents;
  for (auto& document : documents) document = interpolate_tree(document, scope.environment, variables_, diagnostics_);
  return documents;
}

std::string Reading::text(const Node& node, const Scope& scope) const {
  return node.settled ? node.text : interpolate(node.text, scope.environment).text;
}

std::vector<std::shared_ptr<const Source>> Reading::sources() const {
  std::vector<std::shared_ptr<const Source>> sources;
  for (const auto& [path, file] : files_) sources.push_back(file.source);
  return sources;
}

NodePtr with_defaults(const NodePtr& document, Diagnostics& diagnostics) {
  const auto* defaults = document->find("defaults");
  const auto* services = document->find("services");
  if (!defaults || !services || defaults->kind != Kind::map || services->kind != Kind::map) return document;
  const auto below = std::ranges::find(document->entries, "defaults", &Entry::key)->value;
  auto result = std::make_shared<Node>(*document);
  auto all = std::make_shared<Node>(*services);
  for (auto& service : all->entries) {
    if (service.value->kind == Kind::map) service.value = merge_services(below, service.value, diagnostics);
  }
  std::ranges::find(result->entries, "services", &Entry::key)->value = std::move(all);
  return result;
}

NodePtr assemble(const std::vector<fs::path>& paths, const Scope& scope, const std::vector<Included>& trail,
                 const Node* named_by, Reading& reading) {
  NodePtr merged;
  for (const auto& path : paths) {
    auto way = trail;
    way.push_back({path, named_by ? named_by->at : Position{}});
    for (auto document : reading.documents(path, scope, named_by)) {
      if (document->kind != Kind::map) {
        reading.error(*document, fmt::format("expected a map with the keys of stack, found {}", describe(*document)),
                      "begin with services:");
        continue;
      }
      document = take_in_includes(document, scope, way, reading);
      document = resolve_extends(document, path, scope, reading);
      merged = merged ? merge_files(merged, document, reading.diagnostics()) : document;
    }
  }
  if (!merged) return nullptr;
  return without_duplicates(without_tags(with_defaults(merged, reading.diagnostics())));
}

}  // namespace saasctl::stack
