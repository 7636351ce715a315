#include "build/service_request.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

#include "build/build_call.hpp"
#include "stack/assemble.hpp"
#include "util/text.hpp"
#include "yaml/diagnostics.hpp"

namespace saasctl::build {
namespace {

// As the docker command has it: its configuration gives proxies, the environment a time for reproducible images.
void add_args(const project::Project& project, const project::Build& spec, BuildRequest& request) {
  request.args = spec.args;
  if (const auto epoch = variable(project, "SOURCE_DATE_EPOCH"); !epoch.empty())
    request.args.emplace("SOURCE_DATE_EPOCH", epoch);
  request.args.insert(project.proxies.begin(), project.proxies.end());
}

struct SecretProblem {
  std::string message;
  std::string hint;
};

std::optional<SecretProblem> problem_of_file(const project::Content& secret) {
  std::error_code error;
  const auto status = std::filesystem::status(*secret.file, error);
  const auto shown = stack::shown_path(*secret.file).string();
  switch (status.type()) {
    case std::filesystem::file_type::not_found:
      if (secret.generate == "none") return std::nullopt;  // the build does without it
      return SecretProblem{fmt::format("the file of build secret '{}' is missing: {}", secret.key, shown),
                           "create the file, or run saasctl secrets init"};
    case std::filesystem::file_type::directory:
      return SecretProblem{fmt::format("build secret '{}' is a folder: {}", secret.key, shown), "name a file"};
    case std::filesystem::file_type::fifo:
      return SecretProblem{fmt::format("build secret '{}' is a pipe: {}", secret.key, shown),
                           "write its text to a regular file"};
    default:
      return std::nullopt;
  }
}

std::optional<SecretProblem> problem_of(const project::Project& project, const project::Content& secret) {
  if (secret.file) return problem_of_file(secret);
  if (!secret.environment || project.environment.contains(*secret.environment)) return std::nullopt;
  return SecretProblem{
      fmt::format("build secret '{}' comes from the variable {}, which is not set", secret.key, *secret.environment),
      fmt::format("export {}", *secret.environment)};
}

void add_secrets(const project::Project& project, const project::Build& spec, BuildRequest& request) {
  for (const auto& [id, key] : spec.secrets) {
    const auto* secret = project.find_secret(key);
    if (!secret) continue;
    if (secret->file) {
      request.secrets[id] = {.file = *secret->file, .required = secret->generate != "none"};
      continue;
    }
    if (!secret->environment) {
      request.secrets[id] = {.content = secret->content.value_or("")};
      continue;
    }
    request.secrets[id] = {.content = variable(project, *secret->environment)};
  }
}

// A repository that is fetched over SSH. Source: docker/buildx util/buildflags, IsGitSSH.
bool is_fetched_by_ssh(std::string_view context) {
  return context.starts_with("git@") || context.starts_with("ssh://");
}

Result<void> add_agents(const project::Project& project, const project::Build& spec, BuildRequest& request) {
  for (const auto& [id, path] : spec.ssh) {
    const auto socket = path.empty() ? variable(project, "SSH_AUTH_SOCK") : path;
    if (socket.empty()) {
      return failure(ErrorKind::not_found,
                     fmt::format("build.ssh '{}' needs an SSH agent, and SSH_AUTH_SOCK is not set", id),
                     "start one: eval $(ssh-agent) && ssh-add");
    }
    request.ssh[id] = socket;
  }
  // As buildx does it: such a context is of no use without keys.
  const auto own = variable(project, "SSH_AUTH_SOCK");
  if (spec.ssh.empty() && is_fetched_by_ssh(spec.remote) && !own.empty()) request.ssh["default"] = own;
  return {};
}

}  // namespace

Result<void> check_build_secrets(const project::Project& project,
                                 const std::vector<const project::Service*>& services) {
  std::map<std::string, std::vector<std::string>, std::less<>> users;  // of each secret
  for (const auto* service : services) {
    if (!service->build) continue;
    for (const auto& [id, key] : service->build->secrets) users[key].push_back(service->name);
  }
  yaml::Diagnostics diagnostics;
  for (const auto& [key, names] : users) {
    const auto* secret = project.find_secret(key);
    const auto problem = secret ? problem_of(project, *secret) : std::nullopt;
    if (!problem) continue;
    const auto* spec = project.document.stack.secrets.find(key);
    const std::string_view source = secret->file ? "file" : "environment";
    const bool written = spec && spec->has(source);
    diagnostics.add(written ? spec->where(source) : secret->at, written ? source.size() : key.size(),
                    fmt::format("{}; needed to build {}", problem->message, join(names, ", ")), problem->hint);
  }
  if (diagnostics.empty()) return {};
  auto error = diagnostics.error();
  error.kind = ErrorKind::not_found;
  return std::unexpected(std::move(error));
}

Result<BuildRequest> request_for(const project::Project& project, const project::Service& service,
                                 const RequestOptions& options) {
  const auto& spec = *service.build;
  BuildRequest request;
  request.tags = {service.image};
  request.tags.insert(request.tags.end(), spec.tags.begin(), spec.tags.end());
  request.context = spec.context;
  request.remote = spec.remote;
  request.dockerfile = spec.dockerfile;
  request.target = spec.target;
  request.labels = spec.labels;
  request.labels[built_label] = "true";
  if (!service.pull_allowed) {
    request.labels["com.docker.compose.project"] = project.name;
    request.labels["com.docker.compose.service"] = service.name;
  }
  request.cache_from = parse_cache_from(spec.cache_from).references;
  request.no_cache = options.no_cache || spec.no_cache;
  request.pull = options.pull_bases || spec.pull;
  request.network = spec.network;
  request.platform = spec.platform.empty() ? service.spec.platform.value_or("") : spec.platform;
  request.shm_size = spec.shm_size;
  for (const auto& [name, at, limit] : spec.ulimits)
    request.ulimits.push_back({name, limit.soft.value, limit.hard.value});
  request.extra_hosts = spec.extra_hosts;
  request.docker_config = options.docker_config;
  add_args(project, spec, request);
  if (auto known = check_build_secrets(project, {&service}); !known) return std::unexpected(std::move(known.error()));
  add_secrets(project, spec, request);
  if (auto added = add_agents(project, spec, request); !added) return std::unexpected(std::move(added.error()));
  return request;
}

std::string variable(const project::Project& project, std::string_view name) {
  const auto found = project.environment.find(std::string(name));
  return found == project.environment.end() ? "" : found->second;
}

}  // namespace saasctl::build
