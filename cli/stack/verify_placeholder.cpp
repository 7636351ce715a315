#include "stack/verify_placeholder.hpp"

#include <algorithm>

#include "util/text.hpp"

namespace saasctl::stack {
namespace {

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool is_placeholder_name(std::string_view name) {
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [](char c) { return letter(c) || digit(c); });
}

std::expected<std::vector<Placeholder>, std::string> placeholders(std::string_view text) {
  std::vector<Placeholder> found;
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    const auto end = text.find("}}", at + 2);
    if (end == std::string_view::npos) return std::unexpected("'{{' without '}}'");
    const auto name = trim(text.substr(at + 2, end - at - 2));
    if (!is_placeholder_name(name)) {
      return std::unexpected("'" + std::string(name) + "' between '{{' and '}}' is not a name");
    }
    found.push_back({at, end + 2 - at, std::string(name)});
    at = end + 2;
  }
  return found;
}

bool is_built_in(std::string_view name) {
  return name == random_name || name == uuid_name || name == trace_id_name;
}

}  // namespace saasctl::stack
