#include "declare/regex_form.hpp"

#include <fmt/format.h>

#include "util/regex.hpp"

namespace saasctl::declare {
namespace {

// Where `part` stands in the value, and how long it is; the value as a whole when it is not written as it is.
std::pair<Position, std::size_t> place_of_part(const Node& node, const std::string& part) {
  if (!node.at || part.empty()) return {node.at, node.width()};
  const auto value = node.at.source->line(node.at.line).substr(node.at.column - 1, node.width());
  const auto found = value.find(part);
  if (found == std::string_view::npos) return {node.at, node.width()};
  auto at = node.at;
  at.column += found;
  return {at, part.size()};
}

// As it is, or its beginning.
std::string brief(const std::string& text) {
  constexpr std::size_t most = 100;
  if (text.size() <= most) return text;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

bool check_regex(const Node& node, const std::string& text, Reader& reader) {
  const auto compiled = Regex::compile(text);
  if (compiled) return true;
  const auto& invalid = compiled.error();
  const auto [at, length] = place_of_part(node, invalid.part);
  reader.diagnostics().add(at, length, fmt::format("'{}' is not a regular expression: {}", brief(text), invalid.reason),
                           "the syntax is RE2's, without lookaround and back references; \\ before a sign takes it as "
                           "it is");
  return false;
}

Codec<std::string> plain_regex() {
  auto form = any_text();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    auto text = read(node, reader);
    if (!text || (reader.mode() == Mode::verbatim && has_variable(*text))) return text;
    if (text->empty()) {
      reader.error(node, "an empty regular expression matches every line", "write what a line must contain");
      return std::nullopt;
    }
    return check_regex(node, *text, reader) ? text : std::nullopt;
  };
  form.schema = []() -> Json { return {{"type", {"string", "number"}}}; };
  form.type_name = "regular expression";
  return form;
}

}  // namespace saasctl::declare
