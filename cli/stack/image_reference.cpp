#include "stack/image_reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "util/text.hpp"

namespace saasctl::stack {
namespace {

constexpr std::size_t longest_repository = 255;
constexpr std::size_t longest_tag = 128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c);
}
bool is_letter_or_digit(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

// alphanumeric (separator alphanumeric)*, where a separator is one '.', one or two '_', or any number of '-'.
bool is_path_component(std::string_view text) {
  std::size_t i = 0;
  for (;;) {
    const auto start = i;
    while (i < text.size() && is_lower(text[i])) ++i;
    if (i == start) return false;
    if (i == text.size()) return true;
    const auto end = text.find_first_not_of(text[i], i);
    const auto length = std::min(end, text.size()) - i;
    const std::size_t most = text[i] == '.' ? 1 : text[i] == '_' ? 2 : text[i] == '-' ? text.size() : 0;
    if (length > most) return false;
    i += length;
  }
}

// '_' is taken though distribution/reference refuses it: the Compose specification has it in an example
// (05-services.md, image: my_private.registry:5000/redis), and docker compose reads such a file.
bool is_domain_component(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

// host[:port], the host a name, an IPv4 address or an IPv6 address in brackets.
bool is_domain(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos || close == 1) return false;
    const auto address = text.substr(1, close - 1);
    if (!std::ranges::all_of(address, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) || c == ':'; }))
      return false;
    port = text.substr(close + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    if (!std::ranges::all_of(split(text.substr(0, colon), '.'), is_domain_component)) return false;
    port = text.substr(colon);
  }
  return port.empty() || (port.size() > 1 && port[0] == ':' && std::ranges::all_of(port.substr(1), is_digit));
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= longest_tag && (is_letter_or_digit(text[0]) || text[0] == '_') &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_digest(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 3> algorithms{
      {{"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}}};
  return std::ranges::any_of(algorithms, [&](const auto& algorithm) {
    return text.starts_with(algorithm.first) && text.size() == algorithm.first.size() + algorithm.second &&
           std::ranges::all_of(text.substr(algorithm.first.size()), is_hex);
  });
}

// The host of `name`, empty when its first part belongs to the path. Source: normalize.go, splitDockerDomain.
std::string_view domain_of(std::string_view name) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return {};
  const auto first = name.substr(0, slash);
  const bool is_host = first == "localhost" || first.find_first_of(".:") != std::string_view::npos ||
                       std::ranges::any_of(first, [](char c) { return c >= 'A' && c <= 'Z'; });
  return is_host ? first : std::string_view();
}

std::optional<std::string> fault_of_path(std::string_view path) {
  if (path.empty()) return "it names no repository";
  if (std::ranges::any_of(path, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return fmt::format("the repository '{}' must be lower-case", path);
  for (const auto& component : split(path, '/')) {
    if (!is_path_component(component)) return fmt::format("'{}' is not a part of a repository's name", component);
  }
  if (path.size() > longest_repository)
    return fmt::format("the repository is longer than {} characters", longest_repository);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> fault_of_reference(std::string_view text) {
  if (is_digest(text) || (text.size() == 64 && std::ranges::all_of(text, is_hex))) return std::nullopt;
  const auto domain = domain_of(text);
  if (!domain.empty() && !is_domain(domain)) return fmt::format("'{}' is not a host", domain);
  auto path = text.substr(domain.empty() ? 0 : domain.size() + 1);
  if (const auto at = path.find('@'); at != std::string_view::npos) {
    if (!is_digest(path.substr(at + 1))) return fmt::format("'{}' is not a digest", path.substr(at + 1));
    path = path.substr(0, at);
  }
  if (const auto colon = path.find(':'); colon != std::string_view::npos) {
    if (!is_tag(path.substr(colon + 1))) return fmt::format("'{}' is not a tag", path.substr(colon + 1));
    path = path.substr(0, colon);
  }
  return fault_of_path(path);
}

std::string invalid_reference(std::string_view text, std::string_view fault) {
  return fmt::format("invalid image reference '{}': {}", text, fault);
}

Codec<std::string> image_form() {
  auto form = any_text();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    auto value = read(node, reader);
    if (!value || value->empty() || (reader.mode() == Mode::verbatim && has_variable(*value))) return value;
    const auto fault = fault_of_reference(*value);
    if (!fault) return value;
    reader.error(node, invalid_reference(*value, *fault), std::string(reference_hint));
    return std::nullopt;
  };
  return form;
}

Codec<std::string> container_name_form() {
  auto form = any_text();
  form.read = [read = form.read](const Node& node, Reader& reader) -> std::optional<std::string> {
    auto value = read(node, reader);
    if (!value || (reader.mode() == Mode::verbatim && has_variable(*value))) return value;
    if (value->empty()) return std::nullopt;
    if (is_engine_name(*value)) return value;
    reader.error(node, fmt::format("invalid container name '{}'", *value),
                 "use letters, digits, '_', '.' and '-', beginning with a letter or digit");
    return std::nullopt;
  };
  return form;
}

bool is_engine_name(std::string_view name) {
  return !name.empty() && is_letter_or_digit(name[0]) &&
         std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_askable_name(std::string_view name) {
  const auto pieces = split(name, '/');
  return std::ranges::none_of(
             pieces, [](const std::string& piece) { return piece.empty() || piece == "." || piece == ".."; }) &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

}  // namespace saasctl::stack
