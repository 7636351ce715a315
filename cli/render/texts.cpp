#include <fmt/format.h>

#include <kainjow/mustache.hpp>
#include <set>

#include "render/writers.hpp"
#include "render/yaml.hpp"
#include "util/text.hpp"

namespace saasctl::render {

std::string prometheus_text(const stack::Prometheus& prometheus) {
  stack::Json jobs = stack::Json::array();
  for (const auto& target : prometheus.targets) {
    jobs.push_back({{"job_name", target.substr(0, target.rfind(':'))}, {"static_configs", {{{"targets", {target}}}}}});
  }
  const std::string interval = prometheus.interval ? prometheus.interval->text : "15s";
  return to_yaml({{"global", {{"scrape_interval", interval}, {"scrape_timeout", interval}}}, {"scrape_configs", jobs}});
}

std::string variables_text(const project::Project& project) {
  std::string out = fmt::format("# Copy it to .env and change what should differ. Passwords and keys do not belong here: they are files\n"
                                "# that `saasctl secrets init` makes.\n");
  std::set<std::string> seen;
  for (const auto& [use, at] : project.document.variables) {
    if (!seen.insert(use.name).second) continue;
    if (use.required_message) {
      out += fmt::format("# {}\n{}=\n", use.required_message->empty() ? "required" : *use.required_message, use.name);
    } else {
      out += fmt::format("#{}={}\n", use.name, use.default_value.value_or(""));
    }
  }
  return out;
}

Result<std::string> template_text(const std::string& name, const std::string& text, const std::map<std::string, std::string>& values) {
  kainjow::mustache::mustache mustache(text);
  if (!mustache.is_valid()) return failure(Fault::usage, fmt::format("template {}: {}", name, mustache.error_message()));
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
    return failure(Fault::usage, fmt::format("template {} uses '{}', which is no hole", name, join({missing.begin(), missing.end()}, "', '")),
                   "declare it under holes: in template.yaml");
  }
  return mustache.render(data);
}

}  // namespace saasctl::render
