#include "declare/json_pointer.hpp"

#include <string>

#include "util/text.hpp"

namespace saasctl::declare {
namespace {

std::string unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      out += token[++i] == '1' ? '/' : '~';
    } else {
      out += token[i];
    }
  }
  return out;
}

const Json* member(const Json& value, const std::string& token) {
  if (value.is_object()) {
    const auto found = value.find(token);
    return found == value.end() ? nullptr : &*found;
  }
  if (!value.is_array() || (token.size() > 1 && token.front() == '0')) return nullptr;
  const auto index = parse_integer(token);
  if (!index || static_cast<std::size_t>(*index) >= value.size()) return nullptr;
  return &value[static_cast<std::size_t>(*index)];
}

}  // namespace

bool is_json_pointer(std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return false;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '~' && (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')))
      return false;
  }
  return true;
}

const Json* find_value(const Json& document, std::string_view pointer) {
  if (pointer.empty()) return &document;
  const Json* value = &document;
  for (const auto& token : split(pointer.substr(1), '/')) {
    value = member(*value, unescape(token));
    if (!value) return nullptr;
  }
  return value;
}

}  // namespace saasctl::declare
