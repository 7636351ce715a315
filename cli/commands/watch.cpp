#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "commands/command.hpp"
#include "commands/image_progress.hpp"
#include "commands/origin.hpp"
#include "commands/project_lock.hpp"
#include "commands/project_lookup.hpp"
#include "commands/run_plan.hpp"
#include "commands/service_container.hpp"
#include "engine/archives.hpp"
#include "engine/exec.hpp"
#include "engine/images.hpp"
#include "execute/observe.hpp"
#include "plan/conflicts.hpp"
#include "plan/own.hpp"
#include "plan/resource_body.hpp"
#include "project/contents.hpp"
#include "project/order.hpp"
#include "sync/watch_rules.hpp"
#include "util/folder_watch.hpp"
#include "util/pack.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct WatchVerb {
  std::vector<std::string> services;
  bool no_up = false;
  bool prune = false;
  bool quiet = false;
  bool take_over = false;
};

constexpr auto quiet_time = 100ms;  // files that an editor or git writes together come as one batch

struct Site {
  const Session& session;
  const engine::Client& client;
  const project::Project& project;
  const WatchVerb& verb;
};

// A bind mount shows every change by itself.
bool is_bind_mounted(const project::Service& service, const fs::path& path) {
  return std::ranges::any_of(service.spec.volumes, [&](const stack::Mount& mount) {
    if (mount.type != "bind" || !mount.source) return false;
    const auto relative = path.lexically_relative(fs::path(*mount.source).lexically_normal());
    return !relative.empty() && *relative.begin() != "..";
  });
}

Result<std::vector<sync::RootedPatterns>> context_ignore(const project::Service& service) {
  std::vector<sync::RootedPatterns> out;
  if (!service.build || !service.build->remote.empty()) return out;
  const auto& build = *service.build;
  // An inline Dockerfile has no ignore file of its own: that of the context counts.
  const auto dockerfile = build.context / (build.dockerfile_inline.empty() ? build.dockerfile : fs::path());
  const auto texts = build::read_ignore_patterns(build.context, dockerfile);
  if (!texts) return std::unexpected(texts.error());
  auto patterns = build::PatternList::compile(*texts);
  if (!patterns) return std::unexpected(patterns.error());
  out.push_back({build.context, std::move(*patterns)});
  return out;
}

Result<void> add_rules(const Site& site, const project::Service& service, std::vector<sync::WatchRule>& rules) {
  const auto ignore = context_ignore(service);
  if (!ignore) return std::unexpected(ignore.error());
  for (const auto& watch : service.spec.develop->watch) {
    auto rule = sync::make_rule(service.name, site.project.folder, watch, *ignore);
    if (!rule) return std::unexpected(rule.error());
    if (rule->action == "rebuild" && !service.build) {
      return failure(ErrorKind::usage,
                     fmt::format("{}: watch has a rule with rebuild, and the service has no build", service.name),
                     "give it a build section, or choose another action");
    }
    if (rule->syncs() && is_bind_mounted(service, rule->path)) {
      site.session.terminal.warning(
          fmt::format("{}: {} is mounted into the container and needs no watching", service.name, rule->path.string()));
      continue;
    }
    rules.push_back(std::move(*rule));
  }
  return {};
}

Result<std::vector<sync::WatchRule>> rules_of(const Site& site) {
  std::vector<sync::WatchRule> rules;
  for (const auto& service : site.project.services) {
    const auto& names = site.verb.services;
    const bool wanted = names.empty() || std::ranges::find(names, service.name) != names.end();
    if (!wanted || !service.spec.develop) continue;
    if (auto added = add_rules(site, service, rules); !added) return std::unexpected(added.error());
  }
  if (rules.empty()) {
    return failure(ErrorKind::usage, "there is nothing to watch",
                   "give a service develop: {watch: [{path: ./src, action: sync, target: /app}]}");
  }
  return rules;
}

// Every file that the rule covers, now.
void collect(const sync::WatchRule& rule, const fs::path& path, std::set<fs::path>& found) {
  std::error_code error;
  const auto type = fs::symlink_status(path, error).type();
  if (type == fs::file_type::not_found) return;
  if (type != fs::file_type::directory) {
    if (rule.covers(path)) found.insert(path);
    return;
  }
  if (rule.ignores_all_of(path)) return;
  for (auto at = fs::directory_iterator(path, error); !error && at != fs::directory_iterator(); at.increment(error))
    collect(rule, at->path(), found);
}

std::set<fs::path> everything(const std::vector<sync::WatchRule>& rules) {
  std::set<fs::path> found;
  for (const auto& rule : rules) collect(rule, rule.path, found);
  return found;
}

// At the beginning files are synchronised, and nothing is restarted or run.
std::vector<sync::WatchRule> initial_rules(std::vector<sync::WatchRule> rules) {
  std::erase_if(rules, [](const sync::WatchRule& rule) { return !rule.initial_sync || !rule.syncs(); });
  for (auto& rule : rules) rule.action = "sync";
  return rules;
}

engine::ExecOptions exec_options(const stack::Hook& hook) {
  engine::ExecOptions options;
  options.user = hook.user.value_or("");
  options.working_directory = hook.working_dir.value_or("");
  options.privileged = hook.privileged.value_or(false);
  options.timeout = std::chrono::minutes(10);
  options.environment = plan::variables_of(hook.environment);
  return options;
}

Result<void> run_in(const Site& site, const std::string& container, const std::vector<std::string>& command,
                    const engine::ExecOptions& options) {
  const auto result = engine::exec_run(site.client, container, command, options, site.session.stop);
  if (!result) return std::unexpected(result.error());
  if (result->exit_code == 0) return {};
  const auto said = trim(result->standard_error.empty() ? result->standard_output : result->standard_error);
  return failure(fmt::format("{} ended with exit code {}: {}", command.front(), result->exit_code, said));
}

// One archive for what is there, one command for what is gone.
Result<void> synchronise(const Site& site, const std::string& container, const std::map<std::string, fs::path>& files) {
  Pack pack;
  std::vector<std::string> gone;
  bool any = false;
  for (const auto& [target, path] : files) {
    std::error_code error;
    if (fs::symlink_status(path, error).type() == fs::file_type::not_found) {
      gone.push_back(target);
    } else {
      pack.add_alone(path, target.substr(target.find_first_not_of('/')));
      any = true;
    }
  }
  if (!gone.empty()) {
    std::vector<std::string> command{"rm", "-rf", "--"};
    command.insert(command.end(), gone.begin(), gone.end());
    engine::ExecOptions as_root;
    as_root.user = "0";
    if (auto removed = run_in(site, container, command, as_root); !removed) {
      return failure(fmt::format("cannot remove {} in the container: {}", join(gone, ", "), removed.error().message),
                     "removing needs the program rm in the image; saasctl up --force-recreate starts afresh");
    }
  }
  if (!any) return {};
  return engine::put_archive_stream(
      site.client, container, "/", [&](std::span<char> buffer) { return pack.read(buffer); }, engine::Replace::anything,
      site.session.stop);
}

// Builds where need be and brings up what the plan finds to do; the exit code.
int bring_up(const Site& site, const std::vector<std::string>& services, build::Acquire what) {
  const auto& session = site.session;
  const terminal::Terminal silent({terminal::ProgressMode::quiet, false});
  {
    terminal::Board board(site.verb.quiet ? silent : session.terminal, "build");
    build::AcquireOptions acquire;
    acquire.what = what;
    acquire.services = services;
    if (const int code = get_images(session, site.client, site.project, acquire, board); code != 0) return code;
  }
  ProjectTurn turn(session, site.client.endpoint(), site.project.name, "watch", lock_patience);
  plan::UpOptions options;
  options.services = services;
  options.wait = plan::Wait::ready;
  options.no_dependencies = what == build::Acquire::build;  // a rebuild is of that service alone
  std::optional<plan::Own> own;
  for (;;) {
    if (const auto begun = turn.begin(); !begun) return fail(session, begun.error());
    const auto observed = execute::observe(site.client, site.project, session.stop);
    if (!observed) return fail(session, observed.error());
    if (const auto origin = check_origin(session, site.project, observed->containers, site.verb.take_over); !origin)
      return fail(session, origin.error());
    const auto plan = plan::plan_up(site.project, *observed, options);
    if (!plan) return fail(session, plan.error());
    if (const auto reverting = own ? own->reverts(*plan, *observed) : std::nullopt) return fail(session, *reverting);
    if (!own) own.emplace(*observed);
    own->planned(*plan);
    terminal::Board board(session.terminal, "watch");
    std::mutex mutex;
    execute::ExecuteOptions execute;
    execute.turn = &turn;
    execute.on_created = [&](const std::string& name, const std::string& id) {
      const std::scoped_lock lock(mutex);
      own->created(*plan, name, id);
    };
    const auto done = run_plan(session, site.client, site.project, *plan, execute, board);
    board.finish();
    if (done) return 0;
    const auto overtaken = done.error().kind == ErrorKind::interrupted ? Result<bool>(false) : turn.begin();
    if (!overtaken || !*overtaken) return report_service_failure(session, done.error());
  }
}

Result<void> rebuild(const Site& site, const std::string& service) {
  const auto& image = site.project.find(service)->image;
  const auto before = engine::inspect_image(site.client, image, site.session.stop);
  if (bring_up(site, {service}, build::Acquire::build) != 0) return failure(service + ": the new image is not in use");
  if (!site.verb.prune || !before) return {};
  const auto after = engine::inspect_image(site.client, image, site.session.stop);
  if (after && after->id != before->id) {
    // One that another container or tag still uses stays, which is the engine's own judgement.
    static_cast<void>(engine::remove_image(site.client, before->id, false, site.session.stop));
  }
  return {};
}

Result<void> apply(const Site& site, const std::string& service, const sync::WatchWork& work) {
  if (work.rebuild) return rebuild(site, service);
  auto containers = service_containers(site.session, site.client, site.project, service);
  if (!containers) return std::unexpected(containers.error());
  std::erase_if(*containers, [](const auto& container) { return container.state != "running"; });
  if (containers->empty()) return failure(service + " does not run", "saasctl up " + service + " starts it");
  for (const auto& container : *containers) {
    if (!work.sync.empty()) {
      if (auto done = synchronise(site, container.id, work.sync); !done) return done;
    }
    if (work.restart) {
      if (auto done = engine::restart_container(site.client, container.id, std::nullopt, site.session.stop); !done)
        return done;
    }
    for (const auto& hook : work.execs) {
      if (auto done = run_in(site, container.id, hook.command, exec_options(hook)); !done) return done;
    }
  }
  return {};
}

std::string describe(const sync::WatchWork& work) {
  if (work.rebuild) return "rebuilt";
  std::vector<std::string> parts;
  if (!work.sync.empty())
    parts.push_back(fmt::format("{} {} synchronised", work.sync.size(), work.sync.size() == 1 ? "path" : "paths"));
  if (work.restart) parts.emplace_back("restarted");
  if (!work.execs.empty()) parts.emplace_back("command run");
  return join(parts, ", ");
}

// What goes wrong with one batch is told; the next one may mend it.
Result<void> apply_all(const Site& site, const std::map<std::string, sync::WatchWork>& work) {
  for (const auto& [service, of_service] : work) {
    const auto done = apply(site, service, of_service);
    if (!done && done.error().kind == ErrorKind::interrupted) return done;
    if (site.session.stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    if (done) {
      site.session.terminal.message(fmt::format("{}: {}", service, describe(of_service)));
    } else {
      site.session.terminal.error(
          {done.error().kind, fmt::format("{}: {}", service, done.error().message), done.error().hint});
    }
  }
  return {};
}

Result<void> watch(const Site& site, const std::vector<sync::WatchRule>& rules) {
  // A folder that every rule ignores is not looked into: node_modules alone may hold more than the system can watch.
  auto files = FolderWatch::open([&rules](const fs::path& folder) {
    return std::ranges::all_of(rules, [&](const sync::WatchRule& rule) {
      return rule.ignores_all_of(folder) || folder.lexically_relative(rule.path).string().starts_with("..");
    });
  });
  if (!files) return std::unexpected(files.error());
  for (const auto& rule : rules) {
    if (auto added = files->add(rule.path); !added) return added;
  }
  const auto initial = initial_rules(rules);
  if (auto done = apply_all(site, sync::work_of(initial, everything(initial))); !done) return done;
  site.session.terminal.message("watching; Ctrl-C ends it");
  for (;;) {
    auto changes = files->next(quiet_time, site.session.stop);
    if (!changes) return std::unexpected(changes.error());
    if (changes->lost) changes->paths.merge(everything(rules));
    if (auto done = apply_all(site, sync::work_of(rules, changes->paths)); !done) return done;
  }
}

int run_watch(const Session& session, const WatchVerb& verb) {
  const auto project = load_project(session, declare::Mode::resolve, verb.services);
  if (!project) return fail(session, project.error());
  const auto known = project::with_dependencies(*project, verb.services);
  if (!known) return fail(session, known.error());
  if (!verb.no_up) {
    if (const auto apart = plan::check_conflicts(*project, {}, {known->begin(), known->end()}); !apart)
      return fail(session, apart.error());
    if (const auto readable = project::check_contents(*project, *known, project_lookup(session, *project)); !readable)
      return fail(session, readable.error());
  }
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  const Site site{session, *client, *project, verb};
  const auto rules = rules_of(site);
  if (!rules) return fail(session, rules.error());
  if (verb.no_up) {
    const auto containers = execute::list_observed(*client, project->name, session.stop);
    if (!containers) return fail(session, containers.error());
    if (const auto own = check_origin(session, *project, *containers, verb.take_over); !own)
      return fail(session, own.error());
  } else if (const int code = bring_up(site, verb.services, build::Acquire::update); code != 0) {
    return code;
  }
  return fail(session, watch(site, *rules).error());
}

}  // namespace

void setup_watch(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<WatchVerb>();
  auto* verb = app.add_subcommand(
      "watch", "Follow changes of files by the rules of develop.watch: synchronise, restart, rebuild; until Ctrl-C");
  verb->add_option("service", options->services, "Services to follow; all that have rules when none is named")
      ->type_name("SERVICE");
  verb->add_flag("--no-up", options->no_up, "Do not build and bring up the services before");
  verb->add_flag("--prune", options->prune, "Remove the image that a rebuilt one replaces");
  verb->add_flag("--quiet", options->quiet, "Do not show how images are built");
  add_take_over_option(*verb, options->take_over);
  verb->footer("\nExample: saasctl watch web");
  verb->callback([=] { choose([options](const Session& session) { return run_watch(session, *options); }); });
}

}  // namespace saasctl::commands
