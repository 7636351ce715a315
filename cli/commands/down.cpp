#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "commands/origin.hpp"
#include "commands/project_lock.hpp"
#include "commands/run_lifecycle.hpp"
#include "commands/run_plan.hpp"
#include "engine/images.hpp"
#include "execute/observe.hpp"
#include "plan/labels.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct DownOptions {
  std::vector<std::string> services;
  bool volumes = false;
  bool orphans = false;
  bool take_over = false;
  std::string images;
  std::optional<unsigned> timeout;
};

// The images that --rmi means: all that the services have, or those alone that have no name but the project's.
std::vector<std::string> images_of(const RunningProject& running, const DownOptions& options) {
  std::vector<std::string> images;
  for (const auto& service : running.project.services) {
    const bool chosen =
        options.services.empty() || std::ranges::find(options.services, service.name) != options.services.end();
    const auto own = running.project.name + "-" + service.name;
    const bool local = service.image == own || service.image == own + ":latest";
    if (chosen && (options.images == "all" || (options.images == "local" && local))) images.push_back(service.image);
  }
  std::ranges::sort(images);
  images.erase(std::ranges::unique(images).begin(), images.end());
  return images;
}

// One that another container still uses is left, and said to be so.
Result<void> remove_images(const Session& session, const RunningProject& running,
                           const std::vector<std::string>& images, terminal::Board& board) {
  for (const auto& image : images) {
    const auto task = "image " + image;
    const auto removed = engine::remove_image(running.client, image, false, session.stop);
    if (removed) {
      board.update(task, terminal::TaskState::done, "removed");
    } else if (removed.error().kind == ErrorKind::conflict) {
      board.update(task, terminal::TaskState::unchanged, "left: another container uses it");
    } else if (removed.error().kind != ErrorKind::not_found) {
      board.update(task, terminal::TaskState::failed, "failed");
      return removed;
    }
  }
  return {};
}

// Containers that a plan without --remove-orphans leaves: of services that are not in the file, and those of `run`. One
// that was never started goes with the rest, and so do those of pre_start.
struct Left {
  std::vector<std::string> orphans;
  std::vector<std::string> one_offs;
};

Left left_by(const RunningProject& running) {
  Left left;
  for (const auto& container : running.containers) {
    if (!label_of(container, plan::label::hook).empty()) continue;
    if (is_one_off(container) && container.state != "created") left.one_offs.push_back(container.name);
    if (!is_one_off(container) && !running.project.find(service_of(container))) left.orphans.push_back(container.name);
  }
  return left;
}

std::string them(const std::vector<std::string>& names) {
  return names.size() == 1 ? "it" : "them";
}

// Networks stay as long as a container is attached to them.
void name_networks(const Session& session, const plan::ObservedState& observed, const plan::Plan& plan,
                   const std::vector<std::string>& containers) {
  for (const auto& network : observed.project_networks) {
    const bool goes = std::ranges::any_of(plan.actions, [&](const plan::Action& action) {
      const auto* removal = std::get_if<plan::RemoveNetwork>(&action.work);
      return removal && removal->name == network;
    });
    std::vector<std::string> users;
    for (const auto& container : observed.containers) {
      const bool stays = std::ranges::find(containers, container.name) != containers.end();
      if (stays && std::ranges::find(container.networks, network) != container.networks.end())
        users.push_back(container.name);
    }
    if (!goes && !users.empty())
      session.terminal.warning(fmt::format("left: network {}, because {} {} attached to it", network, join(users, ", "),
                                           users.size() == 1 ? "is" : "are"));
  }
}

void name_left(const Session& session, const RunningProject& running, const plan::ObservedState& observed,
               const plan::Plan& plan) {
  const auto left = left_by(running);
  const auto& orphans = left.orphans;
  if (!orphans.empty()) {
    session.terminal.warning(fmt::format("left: {}, which {} no service of {}; --remove-orphans takes {} away",
                                         join(orphans, ", "), orphans.size() == 1 ? "belongs to" : "belong to",
                                         running.from_labels ? "the project" : running.project.file.filename().string(),
                                         them(orphans)));
  }
  if (!left.one_offs.empty()) {
    session.terminal.warning(fmt::format("left: {}, which saasctl run has made; --remove-orphans takes {} away",
                                         join(left.one_offs, ", "), them(left.one_offs)));
  }
  auto containers = orphans;
  containers.insert(containers.end(), left.one_offs.begin(), left.one_offs.end());
  name_networks(session, observed, plan, containers);
}

int run_down(const Session& session, const DownOptions& options) {
  const auto running = open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  const auto lock = lock_project(session, running->client.endpoint(), running->project.name, "down", lock_patience);
  if (!lock) return fail(session, lock.error());
  const auto observed = execute::observe(running->client, running->project, session.stop);
  if (!observed) return fail(session, observed.error());
  if (const auto own = check_origin(session, *running, observed->containers, options.take_over); !own)
    return fail(session, own.error());
  const auto plan = plan::plan_down(running->project, *observed, {options.volumes, options.orphans, options.services});
  const auto images = images_of(*running, options);
  if (!options.orphans && options.services.empty()) name_left(session, *running, *observed, plan);
  if (!plan.changes && images.empty()) {
    session.terminal.message("nothing to remove");
    return 0;
  }
  // From here on the engine is changed.
  terminal::Board board(session.terminal, "down");
  execute::ExecuteOptions execute;
  if (options.timeout) execute.stop_grace = std::chrono::seconds(*options.timeout);
  const auto done = run_plan(session, running->client, running->project, plan, execute, board);
  if (!done) {
    board.finish();
    return fail(session, done.error());
  }
  const auto removed = remove_images(session, *running, images, board);
  board.finish();
  return removed ? 0 : fail(session, removed.error());
}

}  // namespace

void setup_down(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<DownOptions>();
  auto* verb = app.add_subcommand("down", "Stop and remove the containers and networks; volumes stay");
  add_services(*verb, options->services, "Services to take down; the whole stack when none is named");
  verb->add_flag("-v,--volumes", options->volumes, "Remove the volumes too: their data is lost");
  verb->add_flag("--remove-orphans", options->orphans,
                 "Remove containers of services that the file does not have (any more), and one-off ones");
  verb->add_option("--rmi", options->images, "Remove images too: those without a name of their own, or all")
      ->type_name("local|all")
      ->check(CLI::IsMember({"local", "all"}));
  add_take_over_option(*verb, options->take_over);
  add_timeout(*verb, options->timeout);
  verb->footer("\nExample: saasctl down --volumes");
  verb->callback([=] { choose([options](const Session& session) { return run_down(session, *options); }); });
}

}  // namespace saasctl::commands
