#include <algorithm>
#include <memory>

#include "commands/living.hpp"
#include "commands/transfer.hpp"
#include "project/order.hpp"

namespace saasctl::commands {
namespace {

struct PullOptions {
  std::vector<std::string> services;
  bool ignore_failures = false;
  bool ignore_buildable = false;
  bool dependencies = false;
  bool quiet = false;
  std::string policy;
};

// Every image once. What a service says of itself counts unless --policy says something else.
Result<std::vector<Transfer>> images_of(const Session& session, const engine::Client& client,
                                        const project::Project& project, const PullOptions& options) {
  auto names = project::with_dependencies(project, options.services);
  if (!names) return std::unexpected(names.error());
  if (!options.dependencies && !options.services.empty()) names = options.services;
  std::vector<Transfer> images;
  for (const auto& service : project.services) {
    const bool chosen = std::ranges::find(*names, service.name) != names->end();
    const bool known = std::ranges::find(images, service.image, &Transfer::image) != images.end();
    if (!chosen || known || !service.pull_allowed || (options.ignore_buildable && service.build)) continue;
    const auto own = service.spec.pull_policy.value_or("always");
    if (own == "never" || own == "build") continue;
    const auto policy = options.policy.empty() ? own : options.policy;
    if (policy == "missing" || policy == "if_not_present") {
      const auto there = engine::inspect_image(client, service.image, session.stop);
      if (there) continue;
      if (there.error().fault != Fault::not_found) return std::unexpected(there.error());
    }
    images.push_back({service.image, service.spec.platform.value_or("")});
  }
  return images;
}

int run_pull(const Session& outer, const PullOptions& options) {
  const terminal::Terminal silent({terminal::ProgressMode::quiet, outer.terminal.colour_on_stderr()});
  const Session session{outer.options, outer.environment, options.quiet ? silent : outer.terminal, outer.stop};
  const auto project = load_project(session, stack::Mode::resolve);
  if (!project) return fail(session, project.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  const auto images = images_of(session, *client, *project, options);
  if (!images) return fail(session, images.error());
  if (images->empty()) {
    session.terminal.message("nothing to pull");
    return 0;
  }
  const auto done = transfer_images(session, *client, *images, {Direction::pull, options.ignore_failures});
  return done ? 0 : fail(session, done.error());
}

}  // namespace

void setup_pull(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<PullOptions>();
  auto* verb = app.add_subcommand("pull", "Fetch the newest images of the services from their registries");
  add_services(*verb, options->services, "Services whose images are fetched; all when none is named");
  verb->add_flag("--ignore-pull-failures", options->ignore_failures,
                 "Go on, and succeed, with images that cannot be had");
  verb->add_flag("--ignore-buildable", options->ignore_buildable, "Leave out images that can be built");
  verb->add_flag("--include-deps", options->dependencies, "Those of the services they depend on too");
  verb->add_flag("-q,--quiet", options->quiet, "Without progress");
  verb->add_option("--policy", options->policy, "missing leaves images alone that are there")
      ->check(CLI::IsMember({"missing", "always"}));
  verb->footer("\nExample: saasctl pull --policy missing");
  verb->callback([=] { choose([options](const Session& session) { return run_pull(session, *options); }); });
}

}  // namespace saasctl::commands
