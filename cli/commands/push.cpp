#include <algorithm>
#include <memory>

#include "commands/living.hpp"
#include "commands/transfer.hpp"
#include "project/order.hpp"

namespace saasctl::commands {
namespace {

struct PushOptions {
  std::vector<std::string> services;
  bool ignore_failures = false;
  bool dependencies = false;
  bool quiet = false;
};

// What is built here under a name of the user's own; other images are not ours to send.
Result<std::vector<Transfer>> images_of(const project::Project& project, const PushOptions& options) {
  auto names = project::with_dependencies(project, options.services);
  if (!names) return std::unexpected(names.error());
  if (!options.dependencies && !options.services.empty()) names = options.services;
  std::vector<Transfer> images;
  for (const auto& service : project.services) {
    const bool chosen = std::ranges::find(*names, service.name) != names->end();
    const bool known = std::ranges::find(images, service.image, &Transfer::image) != images.end();
    if (chosen && !known && service.build && service.pull_allowed) images.push_back({service.image});
  }
  return images;
}

int run_push(const Session& outer, const PushOptions& options) {
  const terminal::Terminal silent({terminal::ProgressMode::quiet, outer.terminal.colour_on_stderr()});
  const Session session{outer.options, outer.environment, options.quiet ? silent : outer.terminal, outer.stop};
  const auto project = load_project(session, stack::Mode::resolve);
  if (!project) return fail(session, project.error());
  const auto images = images_of(*project, options);
  if (!images) return fail(session, images.error());
  if (images->empty()) {
    session.terminal.message("nothing to push: no service has both build: and image:");
    return 0;
  }
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  const auto done = transfer_images(session, *client, *images, {Direction::push, options.ignore_failures});
  return done ? 0 : fail(session, done.error());
}

}  // namespace

void setup_push(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<PushOptions>();
  auto* verb = app.add_subcommand("push", "Send the images that are built here to their registries");
  add_services(*verb, options->services, "Services whose images are sent; all when none is named");
  verb->add_flag("--ignore-push-failures", options->ignore_failures,
                 "Go on, and succeed, with images that cannot be sent");
  verb->add_flag("--include-deps", options->dependencies, "Those of the services they depend on too");
  verb->add_flag("-q,--quiet", options->quiet, "Without progress");
  verb->footer("\nExample: saasctl push web");
  verb->callback([=] { choose([options](const Session& session) { return run_push(session, *options); }); });
}

}  // namespace saasctl::commands
