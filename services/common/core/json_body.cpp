#include "common/core/json_body.hpp"

namespace saasctl::services {

namespace {

bool names_json(std::string_view content_type) {
  const std::string_view media_type = content_type.substr(0, content_type.find_first_of("; \t"));
  return equal_ignoring_case(media_type, "application/json") || media_type.ends_with("+json");
}

std::unexpected<Response> invalid_field(std::string_view name, const std::string& expected) {
  return std::unexpected(error_response(422, "invalid_field", "Field '" + std::string(name) + "' must be " + expected));
}

}  // namespace

std::expected<nlohmann::json, Response> parse_object(const Request& request) {
  const auto content_type = request.header("Content-Type");
  if (content_type && !names_json(*content_type)) {
    return std::unexpected(error_response(415, "unsupported_media_type",
                                          "Send the body as application/json, not " + std::string(*content_type)));
  }
  nlohmann::json body = nlohmann::json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) return std::unexpected(error_response(400, "invalid_json", "The body is not valid JSON."));
  if (!body.is_object()) {
    return std::unexpected(error_response(400, "invalid_json", "The body must be a JSON object."));
  }
  return body;
}

std::expected<std::string, Response> text_field(const nlohmann::json& object, std::string_view name, Length length) {
  const auto field = object.find(name);
  if (field == object.end() || !field->is_string()) return invalid_field(name, "a string.");
  auto text = field->get<std::string>();
  if (text.size() < length.shortest || text.size() > length.longest) {
    return invalid_field(
        name, "between " + std::to_string(length.shortest) + " and " + std::to_string(length.longest) + " bytes long.");
  }
  // PostgreSQL's text can't hold it, so it is refused here and not as a failing query.
  if (text.find('\0') != std::string::npos) return invalid_field(name, "free of the character U+0000.");
  return text;
}

std::expected<std::int64_t, Response> number_field(const nlohmann::json& object, std::string_view name,
                                                   std::int64_t lowest, std::int64_t highest) {
  const std::string bounds = "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest) + ".";
  const auto field = object.find(name);
  if (field == object.end() || !field->is_number_integer()) return invalid_field(name, bounds);
  // Beyond int64 the library keeps an unsigned number, which get<int64_t> would wrap around.
  if (field->is_number_unsigned() && field->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return invalid_field(name, bounds);
  }
  const auto number = field->get<std::int64_t>();
  if (number < lowest || number > highest) return invalid_field(name, bounds);
  return number;
}

Response json_response(int status, const nlohmann::json& body) {
  return {.status = status, .headers = {}, .body = body.dump()};
}

}  // namespace saasctl::services
