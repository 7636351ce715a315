#include <fmt/format.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "render/template_tags.hpp"
#include "render/writers.hpp"
#include "render/yaml.hpp"
#include "util/printable.hpp"
#include "util/text.hpp"

namespace saasctl::render {
namespace {

constexpr std::size_t largest_text = std::size_t{64} << 20;  // that fills the holes of a template

}  // namespace

std::string prometheus_text(const stack::Prometheus& prometheus) {
  declare::Json hosts = declare::Json::object();
  for (const auto& text : prometheus.targets) {
    const auto target = yaml::without_variables(text);
    hosts[target.substr(0, target.rfind(':'))].push_back(target);
  }
  declare::Json jobs = declare::Json::array();
  for (const auto& [host, targets] : hosts.items()) {
    jobs.push_back({{"job_name", host}, {"static_configs", declare::Json::array({{{"targets", targets}}})}});
  }
  const std::string interval = prometheus.interval ? yaml::without_variables(prometheus.interval->text) : "15s";
  return to_yaml({{"global", {{"scrape_interval", interval}, {"scrape_timeout", interval}}}, {"scrape_configs", jobs}});
}

namespace {

// As a value of an .env file, in quotes when it would not be read back as it is.
std::string dotenv_value(const std::string& value) {
  const bool plain = value.find_first_of("\n\r'\"#\\") == std::string::npos && trim(value) == value;
  if (plain) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
  }
  return out + '"';
}

}  // namespace

std::string variables_text(const project::Project& project) {
  std::string out = fmt::format(
      "# Copy it to .env and change what should differ. Passwords and keys do not belong here: they are files\n"
      "# that `saasctl secrets init` makes.\n");
  const auto& variables = project.document.variables;
  std::unordered_map<std::string_view, const std::string*> required;  // name → the first message
  for (const auto& [use, at] : variables) {
    if (use.required_message) required.emplace(use.name, &*use.required_message);
  }
  std::unordered_set<std::string_view> seen;
  for (const auto& [first, at] : variables) {
    if (!seen.insert(first.name).second) continue;
    if (const auto found = required.find(first.name); found != required.end()) {
      const auto message = printable(join(split(*found->second, '\n'), " "));
      out += fmt::format("# {}\n{}=\n", message.empty() ? "required" : message, first.name);
    } else {
      out += fmt::format("#{}={}\n", first.name, dotenv_value(first.default_value.value_or("")));
    }
  }
  return out;
}

namespace {

// Whether every tag names a hole, and what fills them is not too much.
Result<void> check_holes(const std::string& name, const std::string& text,
                         const std::map<std::string, std::string>& values) {
  const auto tags = template_tags(name, text);
  if (!tags) return std::unexpected(tags.error());
  std::set<std::string> missing;
  std::size_t filled_in = 0;
  for (const auto& tag : *tags) {
    const auto value = values.find(tag.name);
    if (value == values.end()) {
      missing.insert(tag.name);
    } else if (tag.kind == TagKind::value) {
      filled_in += value->second.size();
    }
    if (filled_in > largest_text)
      return failure(ErrorKind::usage, fmt::format("template {}:{}: its holes are filled with more than {} MiB", name,
                                                   tag.line, largest_text >> 20));
  }
  if (!missing.empty()) {
    return failure(ErrorKind::usage,
                   fmt::format("template {} uses '{}', which is not one of its holes", name,
                               join({missing.begin(), missing.end()}, "', '")),
                   "declare it under holes: in template.yaml");
  }
  return {};
}

}  // namespace

Result<std::string> template_text(const std::string& name, const std::string& text,
                                  const std::map<std::string, std::string>& values) {
  if (auto sound = check_holes(name, text, values); !sound) return std::unexpected(sound.error());
  kainjow::mustache::mustache mustache(text);
  if (!mustache.is_valid())
    return failure(ErrorKind::usage, fmt::format("template {}: {}", name, mustache.error_message()));
  mustache.set_custom_escape([](const std::string& plain) { return plain; });
  kainjow::mustache::data data;
  for (const auto& [key, value] : values) {
    // A section {{#key}} is taken when the hole is filled with something.
    if (value.empty() || value == "false") {
      data.set(key, kainjow::mustache::data(false));
    } else {
      data.set(key, value);
    }
  }
  return mustache.render(data);
}

}  // namespace saasctl::render
