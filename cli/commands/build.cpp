#include <memory>

#include "commands/attach.hpp"
#include "commands/images.hpp"
#include "commands/project_lookup.hpp"
#include "commands/verb.hpp"
#include "project/order.hpp"

namespace saasctl::commands {
namespace {

struct BuildOptions {
  std::vector<std::string> services;
  bool no_cache = false;
  bool pull = false;
  std::vector<std::string> args;
};

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
  auto project = load_project(session, stack::Mode::resolve, options.services);
  if (!project) return fail(session, project.error());
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
  verb->footer("\nExample: saasctl build auth-service");
  verb->callback([=] { choose([options](const Session& session) { return run_build(session, *options); }); });
}

}  // namespace saasctl::commands
