// Reading a request's JSON body (RFC 8259), with the answer for the caller when it isn't what was asked for.
// Pure functions.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/core/http_message.hpp"

namespace saasctl::services {

// 415 when a content type is named and isn't JSON; 400 when the text isn't JSON or isn't an object.
[[nodiscard]] std::expected<nlohmann::json, Response> parse_object(const Request& request);

struct Length {
  std::size_t shortest;  // bytes of UTF-8
  std::size_t longest;
};

// 422 when the field is absent, not a text, or its length is outside the bounds.
[[nodiscard]] std::expected<std::string, Response> text_field(const nlohmann::json& object, std::string_view name,
                                                              Length length);

// 422 when the field is absent, not a whole number, or outside [lowest, highest].
[[nodiscard]] std::expected<std::int64_t, Response> number_field(const nlohmann::json& object, std::string_view name,
                                                                 std::int64_t lowest, std::int64_t highest);

[[nodiscard]] Response json_response(int status, const nlohmann::json& body);

}  // namespace saasctl::services
