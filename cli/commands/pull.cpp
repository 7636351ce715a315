#include <memory>

#include "commands/transfer.hpp"
#include "engine/images.hpp"

namespace saasctl::commands {
namespace {

struct PullOptions {
  TransferOptions transfer{Direction::pull};
  bool ignore_buildable = false;
  std::string policy;
};

// What a service says of itself counts unless --policy says something else.
Result<std::vector<Transfer>> images_of(const PullOptions& options, const engine::Client& client,
                                        const project::Service& service, const std::stop_token& stop) {
  std::vector<Transfer> none;
  if (!service.pull_allowed || (options.ignore_buildable && service.build)) return none;
  const auto own = service.spec.pull_policy.value_or("always");
  if (own == "never" || own == "build") return none;
  const auto policy = options.policy.empty() ? own : options.policy;
  if (policy == "missing" || policy == "if_not_present") {
    const auto there = engine::inspect_image(client, service.image, stop);
    if (there) return none;
    if (there.error().kind != ErrorKind::not_found) return std::unexpected(there.error());
  }
  return std::vector<Transfer>{{service.image, service.spec.platform.value_or("")}};
}

int run_pull(const Session& session, const PullOptions& options) {
  return run_transfer(
      session, options.transfer,
      [&options](const engine::Client& client, const project::Service& service, const std::stop_token& stop) {
        return images_of(options, client, service, stop);
      },
      "nothing to pull");
}

}  // namespace

void setup_pull(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<PullOptions>();
  auto* verb = app.add_subcommand("pull", "Fetch the newest images of the services from their registries");
  add_transfer_options(*verb, options->transfer, "fetched");
  verb->add_flag("--ignore-buildable", options->ignore_buildable, "Leave out images that can be built");
  verb->add_option("--policy", options->policy, "missing leaves images alone that are there")
      ->check(CLI::IsMember({"missing", "always"}));
  verb->footer("\nExample: saasctl pull --policy missing");
  verb->callback([=] { choose([options](const Session& session) { return run_pull(session, *options); }); });
}

}  // namespace saasctl::commands
