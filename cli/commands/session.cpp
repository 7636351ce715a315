#include "commands/session.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/proxies.hpp"
#include "project/load_existing.hpp"
#include "project/order.hpp"
#include "util/input.hpp"
#include "util/text.hpp"

namespace saasctl::commands {

project::Inputs inputs_of(const Session& session) {
  const auto& options = session.options;
  project::Inputs inputs;
  inputs.files.assign(options.files.begin(), options.files.end());
  inputs.project_name = options.project_name;
  if (options.project_directory) inputs.project_directory = *options.project_directory;
  inputs.env_files.assign(options.env_files.begin(), options.env_files.end());
  inputs.profiles = options.profiles;
  inputs.environment = session.environment;
  inputs.stop = session.stop;
  return inputs;
}

namespace {

Result<project::Project> warned(const Session& session, Result<project::Loaded> loaded) {
  if (!loaded) return std::unexpected(loaded.error());
  for (const auto& warning : loaded->warnings) session.terminal.warning(warning);
  return std::move(loaded->project);
}

// The proxies of docker's configuration for the engine. Code that needs that file reports its errors.
std::map<std::string, std::string> proxies_of(const Session& session) {
  const auto folder = engine::docker_config_folder(session.environment);
  if (folder.empty()) return {};
  const auto endpoint = engine::resolve_endpoint({session.options.host, session.options.context}, session.environment);
  return engine::proxy_variables(folder, endpoint ? endpoint->host : "").value_or(std::map<std::string, std::string>());
}

}  // namespace

Result<project::Project> load_project(const Session& session, declare::Mode mode,
                                      const std::vector<std::string>& services) {
  auto inputs = inputs_of(session);
  inputs.services = services;
  inputs.mode = mode;
  auto project = warned(session, project::load(inputs));
  if (project && mode == declare::Mode::resolve) project->proxies = proxies_of(session);
  return project;
}

Result<project::Project> load_whole_project(const Session& session) {
  auto inputs = inputs_of(session);
  inputs.profiles = {"*"};
  return warned(session, project::load_existing(inputs));
}

Result<std::vector<std::string>> chosen_services(const project::Project& project,
                                                 const std::vector<std::string>& services) {
  for (const auto& service : services) {
    const auto* profiles = project.document.stack.inactive.find(service);
    if (!profiles || profiles->empty()) continue;
    return failure(
        ErrorKind::usage,
        fmt::format("{} is not active: its profile{} {} {} not active", service, profiles->size() == 1 ? "" : "s",
                    join(*profiles, ", "), profiles->size() == 1 ? "is" : "are"),
        "add --profile " + profiles->front());
  }
  return project::with_dependencies(project, services);
}

namespace {

// What is wrong with docker's config.json; empty: nothing, or there is none.
std::string config_fault(const std::filesystem::path& folder) {
  const auto path = folder / "config.json";
  const auto text = read_file(path, {"Docker's config.json", 16 * mebibyte});
  if (!text) return text.error().kind == ErrorKind::not_found ? "" : text.error().message;
  return nlohmann::json::accept(*text) ? "" : path.string() + " is not JSON";
}

}  // namespace

// Docker's configuration says which engine only when nothing else does: without it that is the default one.
Result<engine::Endpoint> engine_endpoint(const Session& session) {
  auto endpoint = engine::resolve_endpoint({session.options.host, session.options.context}, session.environment);
  if (endpoint || session.options.context || session.options.host) return endpoint;
  const auto folder = engine::docker_config_folder(session.environment);
  const auto fault = folder.empty() ? std::string() : config_fault(folder);
  if (fault.empty()) return endpoint;
  session.terminal.warning(fault + "; the default engine is used");
  return engine::resolve_endpoint({std::nullopt, "default"}, session.environment);
}

std::filesystem::path readable_docker_config(const Session& session) {
  auto folder = engine::docker_config_folder(session.environment);
  const auto fault = folder.empty() ? std::string() : config_fault(folder);
  if (fault.empty()) return folder;
  session.terminal.warning(fault + "; registries are asked without credentials");
  return {};
}

Result<engine::Client> connect_engine(const Session& session) {
  auto endpoint = engine_endpoint(session);
  if (!endpoint) return std::unexpected(endpoint.error());
  return engine::Client::connect(std::move(*endpoint), session.stop);
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return 2;
    case ErrorKind::verify:
      return 3;
    case ErrorKind::drift:
      return 4;
    case ErrorKind::no_engine:
      return 5;
    case ErrorKind::interrupted:
      return 130;
    case ErrorKind::failed:
    case ErrorKind::timeout:
    case ErrorKind::not_found:
    case ErrorKind::conflict:
      break;
  }
  return 1;
}

int fail(const Session& session, const Error& error) {
  if (error.kind != ErrorKind::interrupted) session.terminal.error(error);
  return exit_code(error.kind);
}

}  // namespace saasctl::commands
