// One writer a kind of file. Each returns the text without the signature line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "util/result.hpp"

namespace saasctl::render {

// A Compose file with the named services, or all when `names` is empty: what they use of networks, volumes, secrets and
// configs, and the dependencies among them. saasctl's own keys are left out. The name is the stack file's own, whatever
// the project was called on this run: the text depends on the file alone.
std::string compose_text(const project::Project& project, const std::vector<std::string>& names);

// One job a host, in the order of the targets. A variable counts as not set, because Prometheus does not replace any.
// Source: Prometheus 2.53, "Configuration": global, scrape_configs, static_configs.
std::string prometheus_text(const stack::Prometheus& prometheus);

// KEY=default lines for every variable that the stack file uses, commented out unless a use requires a value.
std::string variables_text(const project::Project& project);

// A Mustache text with its holes filled; nothing is escaped. Source: mustache(5). Error: it is not valid Mustache, or
// it uses a name that is not in `values`.
Result<std::string> template_text(const std::string& name, const std::string& text,
                                  const std::map<std::string, std::string>& values);

}  // namespace saasctl::render
