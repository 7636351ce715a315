#include <fmt/format.h>

#include <memory>

#include "commands/command.hpp"
#include "commands/origin.hpp"
#include "commands/project_lock.hpp"
#include "commands/project_lookup.hpp"
#include "commands/run_plan.hpp"
#include "execute/observe.hpp"
#include "project/contents.hpp"
#include "report/console.hpp"
#include "report/json.hpp"
#include "report/junit.hpp"
#include "terminal/raw.hpp"
#include "util/file.hpp"
#include "verify/engine_deps.hpp"
#include "verify/run.hpp"

namespace saasctl::commands {
namespace {

struct VerifyOptions {
  std::vector<std::string> reports;
};

struct ReportFile {
  std::string format;
  std::filesystem::path path;
};

Result<std::vector<ReportFile>> report_files(const std::vector<std::string>& texts) {
  std::vector<ReportFile> files;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    const auto format = text.substr(0, equals);
    const bool known = format == "json" || format == "junit";
    if (!known || equals == std::string::npos || equals + 1 == text.size()) {
      return failure(ErrorKind::usage, fmt::format("'{}' is not a report", text),
                     "write --report json=FILE or --report junit=FILE");
    }
    files.push_back({format, text.substr(equals + 1)});
  }
  return files;
}

// The engine's part of a `recreate` step: the same plan and executor as up.
verify::Recreate recreate_with(const Session& session, const engine::Client& client, const project::Project& project) {
  return [&](const std::string& service, std::stop_token stop) -> Result<void> {
    const Session until{session.options, session.environment, session.terminal, stop, session.signals};
    if (auto readable = project::check_contents(project, {service}, project_lookup(session, project)); !readable)
      return readable;
    ProjectTurn turn(until, client.endpoint(), project.name, "verify", lock_patience);
    if (const auto begun = turn.begin(); !begun) return std::unexpected(begun.error());
    auto observed = execute::observe(client, project, stop);
    if (!observed) return std::unexpected(observed.error());
    if (auto own = check_origin(until, project, observed->containers, false); !own) {
      own.error().hint =
          "verify the stack in the folder that its containers come from, or replace them with saasctl up "
          "--take-over --force-recreate";
      return own;
    }
    const auto plan = plan::plan_recreate(project, *observed, service);
    if (!plan) return std::unexpected(plan.error());
    const auto silent = [](const execute::Event&) {};
    execute::ExecuteOptions options;
    options.turn = &turn;
    auto done = execute::execute(client, project, *plan, options, project_lookup(session, project), silent, stop);
    if (!done) return std::unexpected(static_cast<Error&>(done.error()));
    return {};
  };
}

int run_verify(const Session& session, const VerifyOptions& options) {
  const auto files = report_files(options.reports);
  if (!files) return fail(session, files.error());
  const auto project = load_project(session, declare::Mode::resolve);
  if (!project) return fail(session, project.error());
  if (project->document.stack.verify.empty()) {
    return fail(session, {ErrorKind::usage, fmt::format("{} has no verify: plan", project->file.filename().string()),
                          "add steps under verify:"});
  }
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());

  verify::EngineServices services(*client, project->name, recreate_with(session, *client, *project));
  verify::HttpWeb web;
  verify::SystemClock clock;
  verify::VerifyDeps world{services, web, clock, verify::random_bits};
  const report::ConsoleOptions console{session.terminal.colour_on_stdout(), session.terminal.width()};
  const auto listener = [&](const verify::StepResult& step) {
    terminal::write_raw(report::console_row(step, console));
    static_cast<void>(session.terminal.flush());
  };
  const auto report = verify::run(project->document.stack, project->name, world, listener, session.stop);
  terminal::write_raw(report::console_failures(report, console));
  terminal::write_raw(report::console_summary(report, console));
  for (const auto& file : *files) {
    const auto text = file.format == "json" ? report::json(report) : report::junit(report);
    if (auto written = write_file_atomic(file.path, text); !written) return fail(session, written.error());
  }
  if (session.stop.stop_requested()) return exit_code(ErrorKind::interrupted);
  return report.passed() ? 0 : exit_code(ErrorKind::verify);
}

}  // namespace

void setup_verify(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<VerifyOptions>();
  auto* verb = app.add_subcommand(
      "verify", "Run the plan of the stack file against the running stack; exit 3 when a check does not pass");
  verb->add_option("--report", options->reports,
                   "Also write a report: json=FILE or junit=FILE; may be given several times")
      ->type_name("FORMAT=FILE");
  verb->footer("\nExample: saasctl verify --report junit=verify.xml");
  verb->callback([=] { choose([options](const Session& session) { return run_verify(session, *options); }); });
}

}  // namespace saasctl::commands
