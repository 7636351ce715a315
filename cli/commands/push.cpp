#include <memory>

#include "commands/transfer.hpp"

namespace saasctl::commands {
namespace {

// What is built here under a name of the user's own; other images are not ours to send.
Result<std::optional<Transfer>> image_of(const project::Service& service) {
  if (!service.build || !service.pull_allowed) return std::nullopt;
  return Transfer{service.image};
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
            return image_of(service);
          },
          "nothing to push: no service has both build: and image:");
    });
  });
}

}  // namespace saasctl::commands
