#include <algorithm>
#include <memory>
#include <set>

#include "commands/listing.hpp"
#include "commands/run_lifecycle.hpp"
#include "engine/volumes.hpp"
#include "plan/labels.hpp"
#include "terminal/raw.hpp"

namespace saasctl::commands {
namespace {

struct VolumesOptions {
  std::vector<std::string> services;
  bool quiet = false;
  std::string format = "table";
};

// Those with the project's label, and when services are named only those that their containers mount.
Result<std::vector<engine::Volume>> list(const Session& session, const RunningProject& running,
                                         const VolumesOptions& options) {
  auto volumes = engine::list_volumes(running.client, {std::string(plan::label::project) + "=" + running.project.name},
                                      session.stop);
  if (!volumes) return volumes;
  std::set<std::string> mounted;
  for (const auto& container : containers_of(running, options.services)) {
    for (auto& name : volumes_of(container)) mounted.insert(std::move(name));
  }
  if (!options.services.empty())
    std::erase_if(*volumes, [&](const engine::Volume& volume) { return !mounted.contains(volume.name); });
  std::ranges::sort(*volumes, {}, &engine::Volume::name);
  return volumes;
}

int run_volumes(const Session& session, const VolumesOptions& options) {
  const auto running = open_running_project(session, options.services);
  if (!running) return fail(session, running.error());
  const auto volumes = list(session, *running, options);
  if (!volumes) return fail(session, volumes.error());
  Listing listing{{"VOLUME", "KEY", "DRIVER"}};
  for (const auto& volume : *volumes) {
    const auto key = volume.labels.find(std::string(plan::label::volume));
    listing.rows.push_back({volume.name, key == volume.labels.end() ? "" : key->second, volume.driver});
    listing.json.push_back({{"Name", volume.name},
                            {"Driver", volume.driver},
                            {"Mountpoint", volume.mountpoint},
                            {"Labels", volume.labels}});
  }
  terminal::write_listing(session.terminal, options.format, listing_text(listing, options.quiet, options.format));
  return 0;
}

}  // namespace

void setup_volumes(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<VolumesOptions>();
  auto* verb = app.add_subcommand("volumes", "List the project's volumes");
  add_services(*verb, options->services, "Only volumes that these services mount");
  verb->add_flag("-q,--quiet", options->quiet, "Their names alone");
  add_format(*verb, options->format);
  verb->footer("\nExample: saasctl volumes --format json");
  verb->callback([=] { choose([options](const Session& session) { return run_volumes(session, *options); }); });
}

}  // namespace saasctl::commands
