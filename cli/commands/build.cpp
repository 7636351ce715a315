#include <fmt/format.h>

#include <memory>

#include "commands/attach.hpp"
#include "commands/command.hpp"
#include "commands/image_progress.hpp"
#include "commands/project_lookup.hpp"
#include "project/order.hpp"

namespace saasctl::commands {
namespace {

struct BuildOptions {
  std::vector<std::string> services;
  bool no_cache = false;
  bool pull = false;
  std::vector<std::string> args;
  std::vector<std::string> ssh;
};

Result<void> check_build_args(const std::vector<std::string>& args) {
  for (const auto& arg : args) {
    if (arg.empty() || arg.starts_with('='))
      return failure(ErrorKind::usage, fmt::format("--build-arg '{}' has no name", arg), "write NAME=VALUE, or NAME");
  }
  return {};
}

// "default", or an id with a path. Source: compose-go v2, loader.ParseShortSSHSyntax.
Result<void> set_agents(const std::vector<std::string>& agents, project::Project& project) {
  for (const auto& agent : agents) {
    const auto equals = agent.find('=');
    const auto id = agent.substr(0, equals);
    if (id.empty() || (equals == std::string::npos && id != "default"))
      return failure(ErrorKind::usage, fmt::format("--ssh '{}' has no {}", agent, id.empty() ? "id" : "path"),
                     "write default, or ID=PATH");
    std::error_code error;
    const auto path = equals == std::string::npos ? "" : agent.substr(equals + 1);
    const auto absolute = path.empty() ? "" : std::filesystem::absolute(path, error).lexically_normal().string();
    for (auto& service : project.services) {
      if (service.build) service.build->ssh[id] = absolute;
    }
  }
  return {};
}

// NAME=VALUE for every Dockerfile that is built; NAME alone takes the value that the project sees, if there is one.
void set_build_args(const Session& session, const std::vector<std::string>& args, project::Project& project) {
  for (const auto& arg : with_values(project_lookup(session, project), args)) {
    const auto equals = arg.find('=');
    for (auto& service : project.services) {
      if (service.build) service.build->args[arg.substr(0, equals)] = arg.substr(equals + 1);
    }
  }
}

int run_build(const Session& session, const BuildOptions& options) {
  if (const auto checked = check_build_args(options.args); !checked) return fail(session, checked.error());
  auto project = load_project(session, declare::Mode::resolve, options.services);
  if (!project) return fail(session, project.error());
  if (const auto set = set_agents(options.ssh, *project); !set) return fail(session, set.error());
  set_build_args(session, options.args, *project);
  if (const auto known = project::with_dependencies(*project, options.services); !known)
    return fail(session, known.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  terminal::Board board(session.terminal, "build");
  build::AcquireOptions acquire;
  acquire.what = options.services.empty() ? build::Acquire::update : build::Acquire::build;
  acquire.services = options.services;
  acquire.no_cache = options.no_cache;
  acquire.pull_bases = options.pull;
  return get_images(session, *client, *project, acquire, board);
}

}  // namespace

void setup_build(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<BuildOptions>();
  auto* verb = app.add_subcommand(
      "build",
      "Build the images. A service with image and build is pulled when missing and built when that fails; "
      "name it to build it in any case");
  verb->add_option("service", options->services, "Services to build; all when none is named")->type_name("SERVICE");
  verb->add_flag("--no-cache", options->no_cache, "Carry out every step again, whatever is cached");
  verb->add_flag("--pull", options->pull, "Ask the registry for newer base images");
  verb->add_option("--build-arg", options->args, "Argument for the Dockerfile; without a value it gets yours")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb->add_option("--ssh", options->ssh,
                   "SSH agent for RUN --mount=type=ssh: default is that of SSH_AUTH_SOCK, ID=PATH the one at a socket")
      ->type_name("default|ID=PATH")
      ->allow_extra_args(false);
  verb->footer("\nExample: saasctl build auth-service");
  verb->callback([=] { choose([options](const Session& session) { return run_build(session, *options); }); });
}

}  // namespace saasctl::commands
