#include "common/core/settings.hpp"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace saasctl::services {

namespace {

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Settings::Lookup Settings::process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

std::optional<std::string> Settings::find(std::string_view name) const {
  auto value = lookup_(name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

void Settings::problem(std::string_view name, std::string_view what) {
  problems_.push_back(std::string(name) + " " + std::string(what));
}

std::string Settings::required(std::string_view name) {
  auto value = find(name);
  if (!value) problem(name, "is not set");
  return value.value_or("");
}

std::string Settings::text(std::string_view name, std::string_view otherwise) {
  return find(name).value_or(std::string(otherwise));
}

std::uint16_t Settings::port(std::string_view name, std::uint16_t otherwise) {
  return static_cast<std::uint16_t>(number(name, otherwise, 1, 65535));
}

int Settings::number(std::string_view name, int otherwise, int lowest, int highest) {
  const auto value = find(name);
  if (!value) return otherwise;
  const auto parsed = parse_number(*value);
  if (parsed && *parsed >= lowest && *parsed <= highest) return *parsed;
  problem(name,
          "is '" + *value + "', expected a number from " + std::to_string(lowest) + " to " + std::to_string(highest));
  return otherwise;
}

Url Settings::required_url(std::string_view name) {
  if (!find(name)) problem(name, "is not set");
  return url(name).value_or(Url{});
}

std::optional<Url> Settings::url(std::string_view name) {
  const auto value = find(name);
  if (!value) return std::nullopt;
  auto parsed = parse_url(*value);
  if (parsed) return *parsed;
  problem(name, "is " + parsed.error());
  return std::nullopt;
}

Secret Settings::required_secret(std::string_view name) {
  const std::size_t before = problems_.size();
  Secret value = secret(name);
  if (value.empty() && problems_.size() == before) {
    const auto path = find(name);
    problem(name, path ? "names '" + *path + "', which is absent or empty" : "is not set");
  }
  return value;
}

Secret Settings::secret(std::string_view name) {
  const auto path = find(name);
  if (!path || !std::filesystem::exists(*path)) return {};
  errno = 0;
  std::ifstream file(*path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.good() && !file.eof()) {
    problem(name, "names '" + *path + "', which cannot be read: " + std::strerror(errno));
    return {};
  }
  while (content.ends_with('\n') || content.ends_with('\r')) content.pop_back();
  return Secret(std::move(content));
}

}  // namespace saasctl::services
