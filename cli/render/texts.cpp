#include <fmt/format.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <set>

#include "render/writers.hpp"
#include "render/yaml.hpp"
#include "util/printable.hpp"
#include "util/text.hpp"

namespace saasctl::render {

std::string prometheus_text(const stack::Prometheus& prometheus) {
  stack::Json hosts = stack::Json::object();
  for (const auto& text : prometheus.targets) {
    const auto target = stack::without_variables(text);
    hosts[target.substr(0, target.rfind(':'))].push_back(target);
  }
  stack::Json jobs = stack::Json::array();
  for (const auto& [host, targets] : hosts.items()) {
    jobs.push_back({{"job_name", host}, {"static_configs", stack::Json::array({{{"targets", targets}}})}});
  }
  const std::string interval = prometheus.interval ? stack::without_variables(prometheus.interval->text) : "15s";
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
  std::set<std::string> seen;
  for (const auto& [first, at] : variables) {
    if (!seen.insert(first.name).second) continue;
    const auto required = std::ranges::find_if(
        variables, [&](const auto& use) { return use.first.name == first.name && use.first.required_message; });
    if (required != variables.end()) {
      const auto message = printable(join(split(*required->first.required_message, '\n'), " "));
      out += fmt::format("# {}\n{}=\n", message.empty() ? "required" : message, first.name);
    } else {
      out += fmt::format("#{}={}\n", first.name, dotenv_value(first.default_value.value_or("")));
    }
  }
  return out;
}

Result<std::string> template_text(const std::string& name, const std::string& text,
                                  const std::map<std::string, std::string>& values) {
  kainjow::mustache::mustache mustache(text);
  if (!mustache.is_valid())
    return failure(Fault::usage, fmt::format("template {}: {}", name, mustache.error_message()));
  mustache.set_custom_escape([](const std::string& plain) { return plain; });
  std::set<std::string> missing;
  kainjow::mustache::data data;
  for (const auto& [key, value] : values) {
    // A section {{#key}} is taken when the hole is filled with something.
    if (value.empty() || value == "false") {
      data.set(key, kainjow::mustache::data(false));
    } else {
      data.set(key, value);
    }
  }
  for (std::size_t at = text.find("{{"); at != std::string::npos; at = text.find("{{", at + 2)) {
    const auto start = text.find_first_not_of("{#/^& ", at);
    const auto end = text.find_first_of("} ", start);
    if (start == std::string::npos || end == std::string::npos || text[start] == '!') continue;
    const auto used = text.substr(start, end - start);
    if (!values.contains(used)) missing.insert(used);
  }
  if (!missing.empty()) {
    return failure(
        Fault::usage,
        fmt::format("template {} uses '{}', which is no hole", name, join({missing.begin(), missing.end()}, "', '")),
        "declare it under holes: in template.yaml");
  }
  return mustache.render(data);
}

}  // namespace saasctl::render
