#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "build/pull_policy.hpp"
#include "commands/command.hpp"
#include "commands/connecting.hpp"
#include "commands/image_progress.hpp"
#include "commands/origin.hpp"
#include "commands/project_lock.hpp"
#include "commands/project_lookup.hpp"
#include "commands/up_attached.hpp"
#include "commands/up_course.hpp"
#include "commands/up_options.hpp"
#include "commands/urls.hpp"
#include "execute/observe.hpp"
#include "plan/bridges.hpp"
#include "plan/conflicts.hpp"
#include "plan/describe.hpp"
#include "project/contents.hpp"
#include "project/model.hpp"
#include "project/order.hpp"
#include "stack/assemble.hpp"
#include "terminal/raw.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

// Who watches what is brought up for its end must not wait for its being ready before.
plan::Wait wait_of(const UpOptions& options) {
  if (options.wait == "false" || options.attended()) return plan::Wait::none;
  return options.wait == "engine" ? plan::Wait::engine : plan::Wait::ready;
}

// What the options say of images counts more than what the file says.
Result<project::Project> load(const Session& session, const UpOptions& options) {
  auto project = load_project(session, declare::Mode::resolve, options.services);
  if (!project) return project;
  for (auto& service : project->services) {
    if (!options.pull.empty()) service.spec.pull_policy = options.pull;
    if (options.no_build) service.build.reset();
  }
  return project;
}

std::string service_of_scale(const std::string& text) {
  return text.substr(0, text.find('='));
}

Result<void> check_exit_code_from(const project::Project& project, const UpOptions& options) {
  if (options.exit_code_from.empty()) return {};
  if (const auto known = chosen_services(project, {options.exit_code_from}); !known)
    return std::unexpected(known.error());
  const auto brought_up = project::with_dependencies(project, options.services);
  if (!brought_up) return std::unexpected(brought_up.error());
  if (std::ranges::find(*brought_up, options.exit_code_from) != brought_up->end()) return {};
  return failure(ErrorKind::usage, fmt::format("--exit-code-from: {} is not brought up", options.exit_code_from),
                 "name it among the services");
}

Result<plan::UpOptions> planning(const project::Project& project, const UpOptions& options) {
  plan::UpOptions out{.services = options.services,
                      .force_recreate = options.force_recreate,
                      .wait = wait_of(options),
                      .no_recreate = options.no_recreate,
                      .no_dependencies = options.no_dependencies,
                      .no_start = options.no_start,
                      .renew_anonymous_volumes = options.renew_anonymous_volumes,
                      .remove_orphans = options.remove_orphans,
                      .keep_replaced = options.on_failure == "rollback"};
  for (const auto& text : options.scale) {
    const auto service = service_of_scale(text);
    const auto number = parse_integer(std::string_view(text).substr(std::min(service.size() + 1, text.size())));
    if (!number || *number > 1000) {
      return failure(ErrorKind::usage, fmt::format("scale: '{}' is not SERVICE=NUMBER", text),
                     "for example web=3; a number from 0 to 1000");
    }
    if (const auto known = chosen_services(project, {service}); !known) return std::unexpected(known.error());
    out.scale[service] = static_cast<unsigned>(*number);
  }
  if (const auto checked = check_exit_code_from(project, options); !checked) return std::unexpected(checked.error());
  return out;
}

bool needs_images(const project::Project& project, const std::vector<std::string>& names, const UpOptions& options,
                  const plan::ObservedState& observed) {
  return options.build || std::ranges::any_of(project.services, [&](const auto& service) {
           const auto all = project::with_steps(service);
           return std::ranges::find(names, service.name) != names.end() &&
                  std::ranges::any_of(all, [&](const auto* one) {
                    return !observed.images.contains(one->image) || build::may_renew(one->spec);
                  });
         });
}

// Images that are missing, may be renewed, or are to be built; the exit code.
int get_missing_images(const Session& session, const engine::Client& client, const project::Project& project,
                       const std::vector<std::string>& names, const UpOptions& options,
                       const plan::ObservedState& observed) {
  for (const auto& service : project.services) {
    const bool needed = options.no_build && std::ranges::find(names, service.name) != names.end();
    if (needed && !service.pull_allowed && !observed.images.contains(service.image)) {
      return fail(session,
                  {ErrorKind::not_found,
                   fmt::format("{}: image {} does not exist, and --no-build is set", service.name, service.image),
                   "saasctl build " + service.name});
    }
  }
  const terminal::Terminal quiet({terminal::ProgressMode::quiet, false});
  terminal::Board board(options.quiet_pull ? quiet : session.terminal, "build");
  build::AcquireOptions acquire;
  acquire.services = names;
  if (options.build) acquire.what = build::Acquire::update;
  return get_images(session, client, project, acquire, board);
}

int show_plan(const Session& session, const project::Project& project, const plan::Plan& plan,
              const UpOptions& options) {
  if (options.as_json) {
    terminal::write_raw(project::model_text(plan::to_json(plan, project.name)) + "\n");
  } else if (!options.graph.empty()) {
    session.terminal.data(options.graph == "dot" ? plan::to_dot(plan) : plan::to_mermaid(plan));
  } else {
    session.terminal.data(plan::to_text(plan));
  }
  return options.exit_code && plan.changes ? exit_code(ErrorKind::drift) : 0;
}

int carry_up(const Session& session, const engine::Client& client, const project::Project& project,
             const plan::ObservedState& observed, const plan::Plan& plan, const plan::UpOptions& planning,
             const UpOptions& options, ProjectTurn& turn) {
  UpCourse course(session, client, project, options, turn, observed);
  if (const auto failed = course.run(plan, planning)) return *failed;
  if (!plan.changes) session.terminal.message("nothing to change");
  if (options.no_start) return 0;
  // Where nothing was done and waited for, the snapshot is the newest there is.
  const auto containers =
      plan.actions.empty() ? observed.containers : execute::list_observed(client, project.name, session.stop);
  if (!containers) return fail(session, containers.error());
  print_urls(session, client.endpoint(), project, options.services, *containers);
  return 0;
}

int show_up(const Session& session, const engine::Client& client, const project::Project& project,
            plan::UpOptions planning, const UpOptions& options) {
  const auto observed = execute::observe(client, project, session.stop);
  if (!observed) return fail(session, observed.error());
  if (const auto own = check_origin(session, project, observed->containers, options.take_over); !own)
    session.terminal.warning(own.error().message);
  planning.plan_images = true;
  const auto plan = plan::plan_up(project, *observed, planning);
  if (!plan) return fail(session, plan.error());
  if (session.stop.stop_requested()) return exit_code(ErrorKind::interrupted);
  for (const auto& note : plan->notes) session.terminal.warning(note);
  return show_plan(session, project, *plan, options);
}

int bring_up(const Session& session, const engine::Client& client, const project::Project& project,
             const plan::UpOptions& planning, const UpOptions& options, const std::vector<std::string>& names) {
  ProjectTurn turn(session, client.endpoint(), project.name, "up", std::chrono::seconds(options.timeout));
  if (const auto begun = turn.begin(); !begun) return fail(session, begun.error());
  auto observed = execute::observe(client, project, session.stop);
  if (!observed) return fail(session, observed.error());
  if (const auto own = check_origin(session, project, observed->containers, options.take_over); !own)
    return fail(session, own.error());
  // Before images are pulled and built; the plan checks it again.
  if (const auto free = plan::check_bridges(project, *observed, planning, {names.begin(), names.end()}); !free)
    return fail(session, free.error());
  if (needs_images(project, names, options, *observed)) {
    turn.give_back();  // a build may take long
    if (const int code = get_missing_images(session, client, project, names, options, *observed); code != 0)
      return code;
    if (const auto begun = turn.begin(); !begun) return fail(session, begun.error());
    observed = execute::observe(client, project, session.stop);
    if (!observed) return fail(session, observed.error());
  }
  const auto plan = plan::plan_up(project, *observed, planning);
  if (!plan) return fail(session, plan.error());
  for (const auto& note : plan->notes) session.terminal.warning(note);
  // From here on the engine is changed.
  return carry_up(session, client, project, *observed, *plan, planning, options, turn);
}

int run_up(const Session& session, const UpOptions& options) {
  Connecting engine(session);
  const auto project = load(session, options);
  if (!project) return fail(session, project.error());
  const auto names = project::with_dependencies(*project, options.services);
  if (!names) return fail(session, names.error());
  const auto planned = planning(*project, options);
  if (!planned) return fail(session, planned.error());
  const auto& chosen = options.no_dependencies && !options.services.empty() ? options.services : *names;
  if (const auto apart = plan::check_conflicts(*project, *planned, {chosen.begin(), chosen.end()}); !apart)
    return fail(session, apart.error());
  if (const auto readable = project::check_contents(*project, chosen, project_lookup(session, *project)); !readable)
    return fail(session, readable.error());
  const auto client = engine.finish();
  if (!client) return fail(session, client.error());
  return options.dry_run ? show_up(session, *client, *project, *planned, options)
                         : bring_up(session, *client, *project, *planned, options, chosen);
}

// Then the logs until a container ends, when that was asked for.
int run_attended(const Session& session, const UpOptions& options) {
  const auto begun = std::chrono::system_clock::now();
  const int code = run_up(session, options);
  if (code != 0 || !options.attended()) return code;
  return up_attached(session, {options.services, options.exit_code_from, options.stop_timeout, begun});
}

}  // namespace

void setup_up(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UpOptions>();
  auto* verb = app.add_subcommand("up", "Bring the stack up in dependency order and wait until it is ready");
  add_services_option(*verb, *options);
  add_planning_options(*verb, *options);
  add_image_options(*verb, *options);
  verb->add_flag("--no-start", options->no_start, "Create the containers and leave them stopped");
  verb->add_flag("--dry-run", options->dry_run, "Print what would be done, as saasctl plan does, and change nothing");
  add_plan_options(*verb, *options);
  verb->add_option("--on-failure", options->on_failure,
                   "What becomes of the new containers when a service fails: keep them to look at, or rollback to the "
                   "containers of before")
      ->check(CLI::IsMember({"keep", "rollback"}))
      ->capture_default_str();
  add_attended_options(*verb, *options);
  add_take_over_option(*verb, options->take_over);
  add_time_options(*verb, *options);
  verb->footer("\nExample: saasctl up --scale web=3 --on-failure rollback");
  verb->callback([=] { choose([options](const Session& session) { return run_attended(session, *options); }); });
}

void setup_plan(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UpOptions>();
  options->dry_run = true;
  auto* verb = app.add_subcommand("plan", "Print what up would do, and why");
  add_services_option(*verb, *options);
  add_planning_options(*verb, *options);
  add_plan_options(*verb, *options);
  verb->footer("\nExample: saasctl plan --exit-code");
  verb->callback([=] { choose([options](const Session& session) { return run_up(session, *options); }); });
}

void setup_create(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UpOptions>();
  options->no_start = true;
  auto* verb = app.add_subcommand("create", "Create the containers and leave them stopped, as up --no-start does");
  add_services_option(*verb, *options);
  add_planning_options(*verb, *options);
  add_image_options(*verb, *options);
  add_take_over_option(*verb, options->take_over);
  add_time_options(*verb, *options);
  verb->footer("\nExample: saasctl create web && saasctl start web");
  verb->callback([=] { choose([options](const Session& session) { return run_up(session, *options); }); });
}

void setup_scale(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UpOptions>();
  auto* verb = app.add_subcommand("scale", "Run so many containers of services, as up --scale does");
  verb->add_option("scale", options->scale, "How many of which service")->type_name("SERVICE=NUMBER")->required();
  verb->add_flag("--no-deps", options->no_dependencies, "Only the services named, not what they depend on");
  add_take_over_option(*verb, options->take_over);
  add_time_options(*verb, *options);
  verb->footer("\nExample: saasctl scale web=3 worker=0");
  verb->callback([=] {
    std::ranges::transform(options->scale, std::back_inserter(options->services), service_of_scale);
    choose([options](const Session& session) { return run_up(session, *options); });
  });
}

}  // namespace saasctl::commands
