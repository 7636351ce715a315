#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "build/pull_policy.hpp"
#include "commands/carry.hpp"
#include "commands/images.hpp"
#include "commands/project_lock.hpp"
#include "commands/urls.hpp"
#include "commands/verb.hpp"
#include "execute/observe.hpp"
#include "plan/describe.hpp"
#include "project/model.hpp"
#include "project/order.hpp"
#include "util/text.hpp"

namespace saasctl::commands {
namespace {

struct UpOptions {
  std::vector<std::string> services;
  std::vector<std::string> scale;  // SERVICE=NUMBER
  bool force_recreate = false;
  bool no_recreate = false;
  bool no_dependencies = false;
  bool no_start = false;
  bool renew_anonymous_volumes = false;
  bool remove_orphans = false;
  bool build = false;
  bool dry_run = false;
  bool detach = false;
  bool as_json = false;
  bool exit_code = false;
  std::string graph;
  std::string on_failure = "keep";
  std::string wait = "ready";
  unsigned timeout = 300;
};

plan::Wait wait_of(const std::string& text) {
  if (text == "false") return plan::Wait::none;
  return text == "ready" ? plan::Wait::ready : plan::Wait::engine;
}

Result<plan::UpOptions> planning(const project::Project& project, const UpOptions& options) {
  plan::UpOptions out{.services = options.services,
                      .force_recreate = options.force_recreate,
                      .wait = wait_of(options.wait),
                      .no_recreate = options.no_recreate,
                      .no_dependencies = options.no_dependencies,
                      .no_start = options.no_start,
                      .renew_anonymous_volumes = options.renew_anonymous_volumes,
                      .remove_orphans = options.remove_orphans,
                      .keep_replaced = options.on_failure == "rollback"};
  for (const auto& text : options.scale) {
    const auto equals = std::min(text.find('='), text.size());
    const auto number = parse_integer(std::string_view(text).substr(std::min(equals + 1, text.size())));
    if (!number || *number > 1000) {
      return failure(Fault::usage, fmt::format("--scale: '{}' is not SERVICE=NUMBER", text),
                     "for example --scale web=3; a number from 0 to 1000");
    }
    const auto known = project::with_dependencies(project, {text.substr(0, equals)});
    if (!known) return std::unexpected(known.error());
    out.scale[text.substr(0, equals)] = static_cast<unsigned>(*number);
  }
  return out;
}

// Every secret that a service needs, before anything is made.
Result<void> check_secrets(const project::Project& project, const std::vector<std::string>& names) {
  std::vector<std::string> missing;
  for (const auto& service : project.services) {
    if (std::ranges::find(names, service.name) == names.end()) continue;
    for (const auto& grant : service.secrets) {
      const auto* secret = project.find_secret(grant.key);
      std::error_code error;
      if (secret && secret->file && !std::filesystem::exists(*secret->file, error))
        missing.push_back(secret->file->string());
    }
  }
  std::ranges::sort(missing);
  missing.erase(std::ranges::unique(missing).begin(), missing.end());
  if (missing.empty()) return {};
  std::string all;
  for (const auto& file : missing) all += (all.empty() ? "" : ", ") + std::filesystem::relative(file).string();
  return failure(
      Fault::failed,
      fmt::format("{} secret file{} missing: {}", missing.size(), missing.size() == 1 ? " is" : "s are", all),
      "run saasctl secrets init");
}

// Images that are missing, may be renewed, or are to be built.
int get_missing_images(const Session& session, const engine::Client& client, const project::Project& project,
                       const std::vector<std::string>& names, const UpOptions& options, plan::Observed& observed) {
  const bool wanted = options.build || std::ranges::any_of(project.services, [&](const auto& service) {
                        return std::ranges::find(names, service.name) != names.end() &&
                               (!observed.images.contains(service.image) || build::may_renew(service.spec));
                      });
  if (!wanted) return 0;
  terminal::Board board(session.terminal, "build");
  build::AcquireOptions acquire;
  acquire.services = names;
  if (options.build) acquire.what = build::Acquire::update;
  if (const int code = get_images(session, client, project, acquire, board); code != 0) return code;
  auto again = execute::observe(client, project, session.stop);
  if (!again) return fail(session, again.error());
  observed = std::move(*again);
  return 0;
}

int show_plan(const Session& session, const project::Project& project, const plan::Plan& plan,
              const UpOptions& options) {
  if (options.as_json) {
    session.terminal.data(project::model_text(plan::to_json(plan, project.name)) + "\n");
  } else if (!options.graph.empty()) {
    session.terminal.data(options.graph == "dot" ? plan::to_dot(plan) : plan::to_mermaid(plan));
  } else {
    session.terminal.data(plan::to_text(plan));
  }
  return options.exit_code && plan.changes ? exit_code(Fault::drift) : 0;
}

// Back to the containers that were there before; the failure has been told.
void roll_back(const Session& session, const engine::Client& client, const project::Project& project,
               const plan::Observed& before) {
  const auto now = execute::observe(client, project, session.stop);
  if (!now) {
    session.terminal.error(now.error());
    return;
  }
  const auto plan = plan::plan_rollback(before, *now);
  for (const auto& note : plan.notes) session.terminal.warning(note);
  terminal::Board board(session.terminal, "rollback");
  const auto done = carry_plan(session, client, project, plan, {}, board);
  board.finish();
  if (!done) {
    session.terminal.error({done.error().fault, "rolling back: " + done.error().message, done.error().hint});
  } else {
    session.terminal.message("       rolled back: the containers are as they were before");
  }
}

std::optional<execute::ReadyError> carry_once(const Session& session, const engine::Client& client,
                                              const project::Project& project, const plan::Plan& plan,
                                              std::chrono::steady_clock::time_point deadline) {
  terminal::Board board(session.terminal, "up");
  execute::ExecuteOptions execute;
  execute.timeout = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  execute.call_off = true;
  const auto done = carry_plan(session, client, project, plan, execute, board);
  board.finish();
  return done ? std::nullopt : std::optional(done.error());
}

int carry_up(const Session& session, const engine::Client& client, const project::Project& project,
             const plan::Observed& observed, const plan::Plan& plan, const plan::UpOptions& planning,
             const UpOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.timeout);
  auto error = carry_once(session, client, project, plan, deadline);
  if (error && !error->service && (error->fault == Fault::not_found || error->fault == Fault::failed)) {
    // A request of a killed run may arrive so late that what the photograph showed has gone, or is there twice.
    const auto again = execute::observe(client, project, session.stop);
    if (again && (error->fault == Fault::not_found || !again->twin_networks.empty())) {
      const auto anew = plan::plan_up(project, *again, planning);
      if (anew) error = carry_once(session, client, project, *anew, deadline);
    }
  }
  if (error) {
    const int code = fail_with_service(session, *error);
    if (options.on_failure == "rollback" && error->fault != Fault::interrupted)
      roll_back(session, client, project, observed);
    return code;
  }
  if (!plan.changes) session.terminal.message("nothing to change");
  return options.no_start ? 0 : print_urls(session, client, project);
}

int run_up(const Session& session, const UpOptions& options) {
  const auto project = load_project(session, stack::Mode::resolve, options.services);
  if (!project) return fail(session, project.error());
  const auto names = project::with_dependencies(*project, options.services);
  if (!names) return fail(session, names.error());
  const auto planned = planning(*project, options);
  if (!planned) return fail(session, planned.error());
  if (const auto secrets = check_secrets(*project, *names); !secrets) return fail(session, secrets.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());
  std::optional<FileLock> lock;
  if (!options.dry_run) {
    auto taken = lock_project(session, client->endpoint(), project->name, "up", std::chrono::seconds(options.timeout));
    if (!taken) return fail(session, taken.error());
    lock.emplace(std::move(*taken));
  }

  auto observed = execute::observe(*client, *project, session.stop);
  if (!observed) return fail(session, observed.error());
  if (!options.dry_run) {
    const auto& chosen = options.no_dependencies && !options.services.empty() ? options.services : *names;
    if (const int code = get_missing_images(session, *client, *project, chosen, options, *observed); code != 0)
      return code;
  }
  const auto plan = plan::plan_up(*project, *observed, *planned);
  if (!plan) return fail(session, plan.error());
  for (const auto& note : plan->notes) session.terminal.warning(note);
  if (options.dry_run) return show_plan(session, *project, *plan, options);
  // From here on the engine is changed.
  return carry_up(session, *client, *project, *observed, *plan, *planned, options);
}

void add_planning_options(CLI::App& verb, UpOptions& options) {
  verb.add_option("service", options.services, "Services, with what they depend on; all when none is named")
      ->type_name("SERVICE");
  auto* force = verb.add_flag("--force-recreate", options.force_recreate, "Make every container anew");
  verb.add_flag("--no-recreate", options.no_recreate, "Leave containers that exist, whatever has changed")
      ->excludes(force);
  verb.add_flag("--no-deps", options.no_dependencies, "Only the services named, not what they depend on");
  verb.add_option("--scale", options.scale, "Run NUMBER containers of a service")
      ->type_name("SERVICE=NUMBER")
      ->allow_extra_args(false);
  verb.add_flag("--remove-orphans", options.remove_orphans, "Remove containers of services that the file does not have")
      ->envname("COMPOSE_REMOVE_ORPHANS");
  verb.add_flag("-V,--renew-anon-volumes", options.renew_anonymous_volumes,
                "Give new containers new anonymous volumes instead of those of their predecessors");
  verb.add_flag("--json", options.as_json, "With a plan: as JSON");
  verb.add_option("--graph", options.graph, "With a plan: the actions and what each waits for, as a drawing")
      ->check(CLI::IsMember({"dot", "mermaid"}));
  verb.add_flag("--exit-code", options.exit_code, "With a plan: exit with 4 when there is something to do");
}

}  // namespace

void setup_up(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UpOptions>();
  auto* verb = app.add_subcommand("up", "Bring the stack up in dependency order and wait until it is ready");
  add_planning_options(*verb, *options);
  verb->add_flag("-d,--detach", options->detach, "Accepted for those who are used to it: up never stays attached");
  verb->add_flag("--build", options->build, "Build again what is built here");
  verb->add_flag("--no-start", options->no_start, "Create the containers and leave them stopped");
  verb->add_flag("--dry-run", options->dry_run, "Print what would be done, as saasctl plan does, and change nothing");
  verb->add_option("--on-failure", options->on_failure,
                   "What becomes of the new containers when a service fails: keep them to look at, or rollback to the "
                   "containers of before")
      ->check(CLI::IsMember({"keep", "rollback"}))
      ->capture_default_str();
  verb->add_option("--wait", options->wait,
                   "What to wait for: our own probes or the engine's health status, whichever is first (ready), the "
                   "engine's status in any case (engine), or nothing but the starts (false)")
      ->expected(0, 1)
      ->default_str("ready")
      ->check(CLI::IsMember({"ready", "engine", "false"}));
  verb->add_option("--timeout", options->timeout,
                   "Seconds for everything from the first change on; images are got before it")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  verb->footer("\nExample: saasctl up --scale web=3 --on-failure rollback");
  verb->callback([=] { choose([options](const Session& session) { return run_up(session, *options); }); });
}

void setup_plan(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UpOptions>();
  options->dry_run = true;
  auto* verb = app.add_subcommand("plan", "Print what up would do, and why");
  add_planning_options(*verb, *options);
  verb->footer("\nExample: saasctl plan --exit-code");
  verb->callback([=] { choose([options](const Session& session) { return run_up(session, *options); }); });
}

}  // namespace saasctl::commands
