#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "commands/command.hpp"
#include "commands/listing.hpp"
#include "commands/running_project.hpp"
#include "plan/labels.hpp"
#include "terminal/raw.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct LsOptions {
  bool all = false;
  bool quiet = false;
  std::string format = "table";
};

struct Listed {
  std::map<std::string, int> states;  // state → containers in it
  std::vector<std::string> files;
};

// "exited(1), running(3)", as docker compose says it.
std::string status_of(const Listed& listed) {
  std::vector<std::string> parts;
  for (const auto& [state, count] : listed.states) parts.push_back(fmt::format("{}({})", state, count));
  return join(parts, ", ");
}

std::map<std::string, Listed> projects(const std::vector<engine::ContainerSummary>& containers, bool all) {
  std::map<std::string, Listed> projects;
  for (const auto& container : containers) {
    if (is_one_off(container) || (!all && !is_up(container))) continue;
    auto& project = projects[label_of(container, plan::label::project)];
    ++project.states[container.state];
    for (const auto& file : split(label_of(container, plan::label::config_files), ',')) {
      if (!file.empty() && std::ranges::find(project.files, file) == project.files.end()) project.files.push_back(file);
    }
  }
  return projects;
}

int run_ls(const Session& session, const LsOptions& options) {
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  const auto containers = engine::list_containers(
      *client, {std::string(plan::label::project), std::string(plan::label::config_hash)}, session.stop);
  if (!containers) return fail(session, containers.error());
  Listing listing{{"NAME", "STATUS", "CONFIG FILES"}};
  for (const auto& [name, project] : projects(*containers, options.all)) {
    const auto files = join(project.files, ",");
    listing.rows.push_back({name, status_of(project), files});
    listing.json.push_back({{"Name", name}, {"Status", status_of(project)}, {"ConfigFiles", files}});
  }
  terminal::write_listing(session.terminal, options.format, listing_text(listing, options.quiet, options.format));
  return 0;
}

}  // namespace

void setup_ls(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<LsOptions>();
  auto* verb = app.add_subcommand("ls", "List the projects that run on the engine, whoever started them");
  verb->add_flag("-a,--all", options->all, "Those whose containers have all stopped, too");
  verb->add_flag("-q,--quiet", options->quiet, "Their names alone");
  add_format(*verb, options->format);
  verb->footer("\nExample: saasctl ls --all");
  verb->callback([=] { choose([options](const Session& session) { return run_ls(session, *options); }); });
}

}  // namespace saasctl::commands
