#include "engine/json.hpp"

#include "util/json_text.hpp"

namespace saasctl::engine::detail {

nlohmann::json parse(std::string_view document) {
  auto parsed = parse_json(document);
  return parsed ? std::move(*parsed) : nlohmann::json(nlohmann::json::value_t::discarded);
}

const nlohmann::json& member(const nlohmann::json& object, std::string_view name) {
  static const nlohmann::json null;
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

std::string text(const nlohmann::json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::int64_t integer(const nlohmann::json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_number() ? value.get<std::int64_t>() : 0;
}

bool boolean(const nlohmann::json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_boolean() && value.get<bool>();
}

std::vector<std::string> texts(const nlohmann::json& object, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& value : member(object, name)) {
    if (value.is_string()) out.push_back(value.get<std::string>());
  }
  return out;
}

std::map<std::string, std::string> text_map(const nlohmann::json& object, std::string_view name) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : member(object, name).items()) {
    if (value.is_string()) out.emplace(key, value.get<std::string>());
  }
  return out;
}

std::vector<std::string> keys(const nlohmann::json& object, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : member(object, name).items()) out.push_back(key);
  return out;
}

std::optional<Timestamp> timestamp(const nlohmann::json& object, std::string_view name) {
  return parse_timestamp(text(object, name));
}

}  // namespace saasctl::engine::detail
