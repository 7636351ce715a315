#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "commands/command.hpp"
#include "project/order.hpp"
#include "render/config.hpp"
#include "render/yaml.hpp"
#include "terminal/raw.hpp"
#include "terminal/table.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

using declare::Json;

enum class Show { model, services, images, volumes, networks, profiles, variables, environment };

struct ConfigOptions {
  std::vector<std::string> services;
  std::string format;
  Show show = Show::model;
  std::string hash;  // a service, or *
  bool no_interpolate = false;
  bool quiet = false;
  std::optional<std::string> output;
};

std::string as_text(const Json& value, const std::string& format) {
  return format == "json" ? value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : render::to_yaml(value);
}

// One a line, or a JSON list.
std::string as_list(const std::vector<std::string>& lines, const std::string& format) {
  if (format == "json") return as_text(Json(lines), format);
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

std::vector<std::string> keys_of(const Json& model, const char* section) {
  std::vector<std::string> keys;
  if (!model.contains(section)) return keys;
  for (const auto& [key, value] : model.at(section).items()) keys.push_back(key);
  return keys;
}

std::vector<std::string> images_of(const project::Project& project, const std::set<std::string>& names) {
  std::set<std::string> images;
  for (const auto& service : project.services) {
    if (!names.contains(service.name)) continue;
    for (const auto* one : project::with_steps(service)) images.insert(one->image);
  }
  return {images.begin(), images.end()};
}

// Of all services, active or not.
std::vector<std::string> profiles_of(const stack::Stack& stack) {
  std::set<std::string> profiles;
  for (const auto& service : stack.services) {
    profiles.insert(service.value.profiles.begin(), service.value.profiles.end());
  }
  for (const auto& service : stack.inactive) profiles.insert(service.value.begin(), service.value.end());
  return {profiles.begin(), profiles.end()};
}

// Every variable of the files once: a use that requires it wins, then the first that says anything of it.
std::string variables_of(const stack::Document& document, const std::string& format) {
  std::map<std::string, yaml::VariableUse> variables;
  for (const auto& [use, at] : document.variables) {
    auto& known = variables.try_emplace(use.name, use).first->second;
    if (!known.required_message) known.required_message = use.required_message;
    if (!known.default_value) known.default_value = use.default_value;
    if (!known.replacement) known.replacement = use.replacement;
  }
  std::vector<std::vector<std::string>> rows;
  Json list = Json::array();
  for (const auto& [name, use] : variables) {
    const bool required = use.required_message.has_value();
    rows.push_back({name, required ? "true" : "false", use.default_value.value_or(""), use.replacement.value_or("")});
    list.push_back({{"name", name},
                    {"required", required},
                    {"default", use.default_value ? Json(*use.default_value) : Json()},
                    {"alternate", use.replacement ? Json(*use.replacement) : Json()}});
  }
  if (!format.empty()) return as_text(list, format);
  return terminal::table({"NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"}, rows);
}

// NAME=VALUE lines of everything that variables of the files are replaced from.
std::string environment_of(const project::Project& project, const std::string& format) {
  if (format == "json") return as_text(Json(project.environment), format);
  std::string out;
  for (const auto& [name, value] : project.environment) out += name + "=" + value + "\n";
  return out;
}

// "service hash" lines; the hash is of what the service's container is made from.
Result<std::string> hashes_of(const project::Project& project, const std::string& wanted, const std::string& format) {
  std::map<std::string, std::string> hashes;
  const auto names = wanted == "*" ? std::vector<std::string>{} : split(wanted, ',');
  for (const auto& name : names) {
    if (const auto known = project::with_dependencies(project, {name}); !known) return std::unexpected(known.error());
  }
  for (const auto& service : project.services) {
    if (names.empty() || std::ranges::find(names, service.name) != names.end()) hashes[service.name] = service.hash;
  }
  if (format == "json") return as_text(Json(hashes), format);
  std::string out;
  for (const auto& [name, hash] : hashes) out += name + " " + hash + "\n";
  return out;
}

Result<std::string> text_of(const project::Project& project, const ConfigOptions& options, declare::Mode mode) {
  if (options.show == Show::variables) return variables_of(project.document, options.format);
  if (options.show == Show::environment) return environment_of(project, options.format);
  if (!options.hash.empty()) return hashes_of(project, options.hash, options.format);
  if (options.show == Show::profiles) return as_list(profiles_of(project.document.stack), options.format);
  const auto chosen = project::with_dependencies(project, options.services);
  if (!chosen) return std::unexpected(chosen.error());
  const std::set<std::string> names(chosen->begin(), chosen->end());
  if (options.show == Show::images) return as_list(images_of(project, names), options.format);
  const auto model = render::config_model(project, mode, names);
  if (options.show == Show::services) return as_list(keys_of(model, "services"), options.format);
  if (options.show == Show::volumes) return as_list(keys_of(model, "volumes"), options.format);
  if (options.show == Show::networks) return as_list(keys_of(model, "networks"), options.format);
  return as_text(model, options.format);
}

int run_config(const Session& session, const ConfigOptions& options) {
  const bool kept = options.no_interpolate || options.show == Show::variables;
  const auto mode = kept ? declare::Mode::verbatim : declare::Mode::resolve;
  auto inputs = inputs_of(session);
  inputs.services = options.services;
  inputs.mode = mode;
  inputs.may_be_inactive = true;
  const auto loaded = project::load(inputs);
  if (!loaded) return fail(session, loaded.error());
  for (const auto& warning : loaded->warnings) session.terminal.warning(warning);
  const auto* project = &loaded->project;
  const auto text = text_of(*project, options, mode);
  if (!text) return fail(session, text.error());
  if (options.quiet) return 0;
  if (!options.output) {
    terminal::write_raw(*text);
    return 0;
  }
  const auto written = write_file_atomic(*options.output, *text);
  return written ? 0 : fail(session, written.error());
}

}  // namespace

void setup_config(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<ConfigOptions>();
  auto* verb =
      app.add_subcommand("config", "Check the stack file and print it as one Compose file without short forms");
  verb->add_option("SERVICE", options->services, "Only these and what they depend on");
  verb->add_option("--format", options->format, "yaml or json; lists are lines or json")
      ->check(CLI::IsMember({"yaml", "json"}));
  auto* what = verb->add_option_group("what");
  const auto flag = [&](const char* name, Show show, const char* text) {
    what->add_flag_callback(
        name, [=] { options->show = show; }, text);
  };
  flag("--services", Show::services, "Print the services' names");
  flag("--images", Show::images, "Print the images' names");
  flag("--volumes", Show::volumes, "Print the keys of the volumes in use");
  flag("--networks", Show::networks, "Print the keys of the networks in use");
  flag("--profiles", Show::profiles, "Print the profiles of all services");
  flag("--variables", Show::variables, "Print the variables with their defaults");
  flag("--environment", Show::environment, "Print what variables are replaced from: the environment over .env");
  auto* hash = what->add_option("--hash", options->hash,
                                "Print 'SERVICE HASH' lines for these services, separated by commas, or for '*': what "
                                "up compares to find out whether a container has to be replaced")
                   ->type_name("SERVICE");
  what->require_option(0, 1);
  verb->add_flag("--no-interpolate", options->no_interpolate, "Leave variables as they are written")->excludes(hash);
  verb->add_flag("-q,--quiet", options->quiet, "Only check; print nothing");
  verb->add_option("-o,--output", options->output, "Write to this file instead")->type_name("FILE");
  verb->footer("\nExample: saasctl -f compose.yaml config --format json");
  verb->callback([=] { choose([options](const Session& session) { return run_config(session, *options); }); });
}

}  // namespace saasctl::commands
