#include <memory>

#include "commands/transfer.hpp"

namespace saasctl::commands {
namespace {

// What is built here under a name of the user's own; other images are not ours to send.
std::vector<Transfer> images_of(const project::Service& service) {
  std::vector<Transfer> images;
  if (!service.build || !service.pull_allowed) return images;
  images.push_back({service.image});
  for (const auto& tag : service.build->tags) images.push_back({tag});
  return images;
}

}  // namespace

void setup_push(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<TransferOptions>(Direction::push);
  auto* verb = app.add_subcommand("push", "Send the images that are built here to their registries");
  add_transfer_options(*verb, *options, "sent");
  verb->footer("\nExample: saasctl push web");
  verb->callback([=] {
    choose([options](const Session& session) {
      return run_transfer(
          session, *options,
          [](const engine::Client&, const project::Service& service, const std::stop_token&) {
            return Result<std::vector<Transfer>>(images_of(service));
          },
          "nothing to push: no service has both build: and image:");
    });
  });
}

}  // namespace saasctl::commands
