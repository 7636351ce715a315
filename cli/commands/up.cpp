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
#include "project/order.hpp"

namespace saasctl::commands {
namespace {

struct UpOptions {
  std::vector<std::string> services;
  bool force_recreate = false;
  bool dry_run = false;
  std::string wait = "engine";
  unsigned timeout = 300;
};

plan::Wait wait_of(const std::string& text) {
  if (text == "false") return plan::Wait::none;
  return text == "ready" ? plan::Wait::ready : plan::Wait::engine;
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

int run_up(const Session& session, const UpOptions& options) {
  const auto project = load_project(session, stack::Mode::resolve, options.services);
  if (!project) return fail(session, project.error());
  const auto names = project::with_dependencies(*project, options.services);
  if (!names) return fail(session, names.error());
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
  const bool images_missing = std::ranges::any_of(project->services, [&](const auto& service) {
    return std::ranges::find(*names, service.name) != names->end() &&
           (!observed->images.contains(service.image) || build::may_renew(service.spec));
  });
  if (images_missing && !options.dry_run) {
    terminal::Board board(session.terminal, "build");
    build::AcquireOptions acquire;
    acquire.services = *names;
    if (const int code = get_images(session, *client, *project, acquire, board); code != 0) return code;
    observed = execute::observe(*client, *project, session.stop);
    if (!observed) return fail(session, observed.error());
  }

  const auto plan = plan::plan_up(
      *project, *observed,
      {.services = options.services, .force_recreate = options.force_recreate, .wait = wait_of(options.wait)});
  if (!plan) return fail(session, plan.error());
  if (options.dry_run) {
    for (const auto& action : plan->actions) session.terminal.data(plan::to_line(action) + "\n");
    return 0;
  }
  // From here on the engine is changed.
  {
    terminal::Board board(session.terminal, "up");
    execute::ExecuteOptions execute;
    execute.timeout = std::chrono::seconds(options.timeout);
    const auto done = carry_plan(session, *client, *project, *plan, execute, board);
    board.finish();
    if (!done) return fail_with_service(session, done.error());
  }
  session.terminal.message(plan->changes ? "" : "nothing to change");
  return print_urls(session, *client, *project);
}

}  // namespace

void setup_up(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UpOptions>();
  auto* verb = app.add_subcommand("up", "Bring the stack up in dependency order and wait until it is healthy");
  verb->add_option("services", options->services,
                   "Services to bring up, with what they depend on; all when none is named")
      ->type_name("SERVICE");
  verb->add_flag("--force-recreate", options->force_recreate, "Make every container anew");
  verb->add_flag("--dry-run", options->dry_run, "Print what would be done, as saasctl plan does, and change nothing");
  verb->add_option("--wait", options->wait,
                   "What to wait for: our own probes (ready), the engine's health status as well (engine), or nothing "
                   "but the starts (false)")
      ->check(CLI::IsMember({"ready", "engine", "false"}))
      ->capture_default_str();
  verb->add_option("--timeout", options->timeout, "Seconds for everything together")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  verb->footer("\nExample: saasctl up --wait ready");
  verb->callback([=] { choose([options](const Session& session) { return run_up(session, *options); }); });
}

void setup_plan(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<UpOptions>();
  options->dry_run = true;
  auto* verb = app.add_subcommand("plan", "Print what up would do, and why");
  verb->add_option("services", options->services, "Services, with what they depend on; all when none is named")
      ->type_name("SERVICE");
  verb->add_flag("--force-recreate", options->force_recreate, "As if every container were to be made anew");
  verb->footer("\nExample: saasctl plan");
  verb->callback([=] { choose([options](const Session& session) { return run_up(session, *options); }); });
}

}  // namespace saasctl::commands
