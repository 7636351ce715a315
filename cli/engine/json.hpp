// Reading the Engine's JSON: fields may be absent or null, which means their type's empty value. Private to the rooms
// engine and build.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time.hpp"

namespace saasctl::engine::detail {

// The document; discarded (is_discarded()) when the text is not JSON or is nested deeper than parse_json() takes.
nlohmann::json parse(std::string_view document);

// The member, or null when `object` is no object or has none such.
const nlohmann::json& member(const nlohmann::json& object, std::string_view name);

std::string text(const nlohmann::json& object, std::string_view name);
std::int64_t integer(const nlohmann::json& object, std::string_view name);
bool boolean(const nlohmann::json& object, std::string_view name);
std::vector<std::string> texts(const nlohmann::json& object, std::string_view name);
std::map<std::string, std::string> text_map(const nlohmann::json& object, std::string_view name);
std::vector<std::string> keys(const nlohmann::json& object, std::string_view name);
std::optional<Timestamp> timestamp(const nlohmann::json& object, std::string_view name);

}  // namespace saasctl::engine::detail
