#include "stack/verify_forms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "declare/json_pointer.hpp"
#include "declare/regex_form.hpp"
#include "stack/verify_placeholder.hpp"
#include "stack/vocabulary.hpp"

namespace saasctl::stack {
namespace {

bool keeps_variable(const Reader& reader, std::string_view text) {
  return reader.mode() == Mode::verbatim && has_variable(text);
}

// What is wrong with the placeholders in a value's strings, if anything.
std::optional<std::string> placeholder_fault(const Json& value) {
  if (value.is_string()) {
    const auto found = placeholders(value.get_ref<const std::string&>());
    return found ? std::nullopt : std::optional(found.error());
  }
  if (value.is_structured()) {
    for (const auto& item : value) {
      if (auto fault = placeholder_fault(item)) return fault;
    }
  }
  return std::nullopt;
}

bool is_status(std::string_view text) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return false;
  const auto rest = text.substr(1);
  return rest == "xx" || std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::string_view header_marks = "!#$%&'*+-.^_`|~";  // RFC 9110, section 5.6.2

constexpr std::string_view target_words =
    "SERVICE/path, SERVICE:PORT/path or a URL that begins with http:// or https://";

std::optional<int> port_number(std::string_view text) {
  const auto number = parse_integer(text);
  if (!number || *number < 1 || *number > 65535) return std::nullopt;
  return static_cast<int>(*number);
}

// Fills the parts of a target from its text; false when it is none.
bool split_target(Target& target) {
  const std::string_view text = target.text;
  const auto breaks_url = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (text.empty() || std::ranges::any_of(text, breaks_url)) return false;
  if (text.starts_with("http://") || text.starts_with("https://")) {
    target.url = text;
    return text.find("://") + 3 < text.size();
  }
  const auto slash = std::min({text.find('/'), text.find('?'), text.find("{{"), text.size()});
  auto authority = text.substr(0, slash);
  target.path = text.substr(slash);
  if (target.path.empty() || target.path.front() == '?') target.path.insert(0, "/");
  if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    target.port = port_number(authority.substr(colon + 1));
    if (!target.port) return false;
    authority = authority.substr(0, colon);
  }
  target.service = authority;
  return !authority.empty();
}

}  // namespace

Codec<Expectation> expectation_form(std::function<const Record<Expectation>&()> comparisons) {
  Codec<Expectation> form;
  form.read = [comparisons](const Node& node, Reader& reader) -> std::optional<Expectation> {
    if (node.kind == Kind::map) {
      auto value = comparisons().read(node, reader);
      if (value && node.entries.empty()) {
        reader.error(node, "no comparison", "write the value itself, `exists`, or comparisons such as {contains: x}");
      }
      return value;
    }
    Expectation expectation;
    expectation.at = node.at;
    if (node.kind == Kind::scalar && node.plain && (node.text == "exists" || node.text == "absent")) {
      expectation.exists = node.text == "exists";
      return expectation;
    }
    auto value = template_value().read(node, reader);
    if (!value) return std::nullopt;
    expectation.equals = std::move(*value);
    return expectation;
  };
  form.write = [comparisons](const Expectation& value, Style style) -> Json {
    auto out = comparisons().write(value, style);
    if (out.size() == 1 && value.equals && !value.equals->is_object()) return *value.equals;
    return out;
  };
  form.schema = []() -> Json {
    return {
        {"anyOf", {{{"type", {"string", "number", "boolean", "null", "array"}}}, {{"$ref", "#/$defs/comparison"}}}}};
  };
  form.type_name = "value, exists, absent or comparison";
  return form;
}

Codec<std::vector<Expectation>> nested(Codec<Expectation> form) {
  Codec<std::vector<Expectation>> one;
  one.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::vector<Expectation>> {
    auto value = read(node, reader);
    if (!value) return std::nullopt;
    std::vector<Expectation> values;
    values.push_back(std::move(*value));
    return values;
  };
  one.write = [write = form.write](const std::vector<Expectation>& values, Style style) {
    return values.empty() ? Json() : write(values.front(), style);
  };
  one.schema = form.schema;
  one.type_name = form.type_name;
  one.records = form.records;
  return one;
}

Codec<Status> status_form() {
  Codec<Status> form;
  const auto item = any_text();
  form.read = [read = list_or_one(item).read](const Node& node, Reader& reader) -> std::optional<Status> {
    auto values = read(node, reader);
    if (!values) return std::nullopt;
    for (const auto& value : *values) {
      if (is_status(value) || keeps_variable(reader, value)) continue;
      reader.error(node, fmt::format("'{}' is not an HTTP status", value),
                   "write 201, 2xx or a list such as [200, 201]");
      return std::nullopt;
    }
    if (values->empty()) {
      reader.error(node, "no status in the list", "write 201, 2xx or a list such as [200, 201]");
      return std::nullopt;
    }
    return Status{std::move(*values), node.at};
  };
  form.write = [](const Status& value, Style) -> Json {
    Json out = Json::array();
    for (const auto& status : value.allowed) {
      const auto number = parse_integer(status);
      out.push_back(number ? Json(*number) : Json(status));
    }
    return out.size() == 1 ? out.front() : out;
  };
  form.schema = []() -> Json {
    const Json one = {{"type", {"integer", "string"}}};
    return {{"anyOf", {one, {{"type", "array"}, {"items", one}}}}};
  };
  form.type_name = "status, class such as 2xx, or list of them";
  return form;
}

Codec<Target> target_form() {
  Codec<Target> form;
  form.read = [read = template_text().read](const Node& node, Reader& reader) -> std::optional<Target> {
    auto text = read(node, reader);
    if (!text) return std::nullopt;
    Target target{std::move(*text), node.at};
    if (!split_target(target) && !keeps_variable(reader, target.text)) {
      reader.error(node, fmt::format("'{}' is not a target", target.text), fmt::format("write {}", target_words));
      return std::nullopt;
    }
    return target;
  };
  form.write = [](const Target& target, Style) -> Json { return target.text; };
  form.schema = []() -> Json { return {{"type", "string"}}; };
  form.type_name = "SERVICE[:PORT]/path or URL";
  return form;
}

Codec<Healthy> healthy_form() {
  Codec<Healthy> form;
  form.read = [read = list_or_one(word()).read](const Node& node, Reader& reader) -> std::optional<Healthy> {
    if (node.kind == Kind::scalar && node.text == "all") return Healthy{true, {}, node.at};
    auto services = read(node, reader);
    if (!services) return std::nullopt;
    if (services->empty()) {
      reader.error(node, "no service in the list", "write all, or the names of services");
      return std::nullopt;
    }
    return Healthy{false, std::move(*services), node.at};
  };
  form.write = [](const Healthy& healthy, Style) -> Json {
    if (healthy.all) return "all";
    Json out = Json::array();
    for (const auto& service : healthy.services) out.push_back(service.text);
    return out;
  };
  form.schema = []() -> Json {
    return {{"anyOf", {{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}}};
  };
  form.type_name = "all, service or list of services";
  return form;
}

Codec<std::string> pointer_form() {
  return checked_text("a JSON pointer such as /user/id", "^(/([^~]|~[01])*)?$", is_json_pointer);
}

Codec<std::string> regex_form() {
  Codec<std::string> form = template_text();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    auto text = read(node, reader);
    // A placeholder may become anything, so such an expression is compiled when its values are known.
    if (!text || keeps_variable(reader, *text) || text->find("{{") != std::string::npos) return text;
    return check_regex(node, *text, reader) ? text : std::nullopt;
  };
  form.type_name = "regular expression";
  return form;
}

Codec<Json> number_form() {
  auto form = template_value();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Json> {
    auto value = read(node, reader);
    if (!value || value->is_number()) return value;
    if (value->is_string()) {
      const auto& text = value->get_ref<const std::string&>();
      const auto found = placeholders(text);
      if (keeps_variable(reader, text)) return value;
      if (found && found->size() == 1 && found->front().length == text.size()) return value;
      if (const auto number = parse_decimal(text)) return Json(*number);
    }
    reader.error(node, fmt::format("expected a number or one {{{{name}}}}, found {}", describe(node)),
                 "write a number");
    return std::nullopt;
  };
  form.schema = []() -> Json { return {{"type", {"number", "string"}}}; };
  form.type_name = "number";
  return form;
}

Codec<std::string> template_text() {
  auto form = any_text();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    if (node.kind == Kind::map && node.text.empty() && node.entries.size() == 1) {
      reader.error(node, "expected a string, found a map", "quote placeholders: \"{{name}}\"");
      return std::nullopt;
    }
    auto text = read(node, reader);
    if (!text) return std::nullopt;
    const auto found = placeholders(*text);
    if (found) return text;
    reader.error(node, found.error(), "placeholders are written {{name}}");
    return std::nullopt;
  };
  return form;
}

Codec<Json> template_value() {
  auto form = anything();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<Json> {
    auto value = read(node, reader);
    if (!value) return std::nullopt;
    const auto fault = placeholder_fault(*value);
    if (!fault) return value;
    reader.error(node, *fault, "placeholders are written {{name}}");
    return std::nullopt;
  };
  return form;
}

NameRule pointer_names() {
  return [](std::string_view name) -> std::optional<std::string> {
    if (is_json_pointer(name)) return std::nullopt;
    return "a JSON pointer (RFC 6901): it begins with '/', as in /user/id";
  };
}

NameRule header_names() {
  return [](std::string_view name) -> std::optional<std::string> {
    const bool token = !name.empty() && std::ranges::all_of(name, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             header_marks.find(c) != std::string_view::npos;
    });
    return token ? std::nullopt : std::optional<std::string>("a header name");
  };
}

NameRule placeholder_names() {
  return [](std::string_view name) -> std::optional<std::string> {
    if (!is_placeholder_name(name)) return "a name: letters, digits and _, not beginning with a digit";
    if (is_built_in(name)) return "free: {{" + std::string(name) + "}} is built in";
    return std::nullopt;
  };
}

NameRule any_names() {
  return [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
}

}  // namespace saasctl::stack
