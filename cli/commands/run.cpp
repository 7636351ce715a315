#include "plan/one_off.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <random>

#include "commands/attach.hpp"
#include "commands/command.hpp"
#include "commands/image_progress.hpp"
#include "commands/origin.hpp"
#include "commands/project_lock.hpp"
#include "commands/project_lookup.hpp"
#include "commands/run_plan.hpp"
#include "commands/signals.hpp"
#include "engine/attached.hpp"
#include "engine/exec.hpp"
#include "engine/volumes.hpp"
#include "execute/observe.hpp"
#include "execute/port_taken.hpp"
#include "project/order.hpp"
#include "util/guarded.hpp"
#include "util/text.hpp"
#include "util/wait.hpp"

namespace saasctl::commands {
namespace {

struct RunVerb {
  plan::OneOffOptions one_off;
  bool remove = false;
  bool detach = false;
  bool no_tty = false;
  bool habits = false;  // -i and -t, which change nothing
  bool build = false;
  bool quiet_pull = false;
  bool take_over = false;
  std::optional<std::string> entrypoint;
  std::vector<std::string> environment;
  std::vector<std::string> volumes;
  std::vector<std::string> publish;
  std::vector<std::string> labels;
};

std::string random_name(const project::Project& project, const std::string& service) {
  std::random_device random;
  return fmt::format("{}-{}-run-{:08x}{:04x}", project.name, service, random(), random() & 0xffffU);
}

// "./data:/data" is a folder of ours, "data:/data" a volume of the project or of the engine.
std::string bind_of(const project::Project& project, const std::string& text) {
  const auto colon = text.find(':');
  const auto source = text.substr(0, colon);
  if (source.starts_with('.')) {
    std::error_code error;  // the current folder may be gone: then the engine refuses the name
    const auto path = std::filesystem::absolute(source, error);
    return (error ? source : path.lexically_normal().string()) + text.substr(colon);
  }
  const auto found = std::ranges::find(project.volumes, source, &project::Volume::key);
  return (found == project.volumes.end() ? source : found->name) + text.substr(colon);
}

Result<plan::OneOffOptions> options_of(const Session& session, const project::Project& project, const RunVerb& verb) {
  auto options = verb.one_off;
  if (options.name.empty()) options.name = random_name(project, options.service);
  options.command = session.options.tail;
  options.environment = with_values(project_lookup(session, project), verb.environment);
  options.tty = !verb.no_tty && !verb.detach && has_terminal();
  options.input = !verb.detach;
  options.remove_by_engine = verb.remove && verb.detach;
  if (verb.entrypoint) {
    auto words = declare::split_command(*verb.entrypoint);
    if (!words) return failure(ErrorKind::usage, "--entrypoint: " + words.error(), "close its quotes");
    options.entrypoint = std::move(*words);
  }
  for (const auto& text : verb.publish) {
    auto port = plan::parse_published(text);
    if (!port)
      return failure(ErrorKind::usage, fmt::format("--publish '{}' is not a port", text),
                     "write it as [IP:]HOST_PORT:PORT");
    options.ports.push_back(std::move(*port));
  }
  for (const auto& text : verb.volumes) {
    const auto colon = text.find(':');
    if (colon == 0 || colon == std::string::npos || !text.substr(colon + 1).starts_with('/'))
      return failure(ErrorKind::usage, fmt::format("--volume '{}' is not a mount", text),
                     "write it as SOURCE:/TARGET[:ro]");
    options.binds.push_back(bind_of(project, text));
  }
  for (const auto& text : verb.labels) {
    const auto equals = std::min(text.find('='), text.size());
    options.labels.emplace_back(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  }
  return options;
}

// Images that the plan needs; the exit code.
int get_needed_images(const Session& session, const engine::Client& client, const project::Project& project,
                      const RunVerb& verb, const std::vector<std::string>& names) {
  const terminal::Terminal quiet({terminal::ProgressMode::quiet, false});
  terminal::Board board(verb.quiet_pull ? quiet : session.terminal, "build");
  build::AcquireOptions acquire;
  acquire.services = names;
  if (const int code = get_images(session, client, project, acquire, board); code != 0 || !verb.build) return code;
  acquire.what = build::Acquire::build;
  acquire.services = {verb.one_off.service};
  return get_images(session, client, project, acquire, board);
}

// The name may be the user's choice, and a container of somebody else's must not be taken for ours.
Result<void> check_name(const Session& session, const engine::Client& client, const std::string& name) {
  const auto there = engine::inspect_container(client, name, session.stop);
  if (there) return failure(ErrorKind::conflict, "there is a container " + name, "choose another --name, or remove it");
  return there.error().kind == ErrorKind::not_found ? Result<void>() : std::unexpected(there.error());
}

// Removes the container and the volumes of its secrets at the end when that is wanted, also after an error or an
// interruption.
class Removal {
 public:
  Removal(const Session& session, const engine::Client& client, const project::Project& project, std::string name)
      : session_(session), client_(client), project_(project), name_(std::move(name)) {}
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;
  ~Removal() {
    if (!wanted_) return;
    remove_container();
    remove_secrets();
  }
  void want(bool wanted) { wanted_ = wanted; }
  // The container exists from now on; its name may belong to another one later.
  void created(const std::string& id) { id_ = id; }
  const std::string& id() const { return id_; }
  void mounts(std::vector<std::string> secret_volumes) { secret_volumes_ = std::move(secret_volumes); }

  // An engine that was asked for the container before an interruption may create it a moment later, when its id is not
  // known: only then it is removed by its name, which nobody had before.
  void remove_container() const {
    if (id_.empty() && !session_.stop.stop_requested()) return;
    constexpr int most_tries = 5;
    for (int tries = 0; tries < most_tries; ++tries) {
      const auto gone =
          engine::remove_container(client_, id_.empty() ? name_ : id_, {.force = true, .volumes = true}, {});
      if (gone || gone.error().kind != ErrorKind::not_found || !session_.stop.stop_requested()) return;
      pause(std::chrono::milliseconds(100), {});
    }
  }

 private:
  // The engine keeps a volume that another container mounts. The lock protects a plan that counts on the volume and has
  // not created its container yet; while another command has it, the volume is left to the next `up`.
  void remove_secrets() const {
    if (secret_volumes_.empty()) return;
    const Session uninterrupted{session_.options, session_.environment, session_.terminal, {}};
    const auto lock =
        lock_project(uninterrupted, client_.endpoint(), project_.name, "run", std::chrono::milliseconds(5'000));
    if (!lock) return;
    for (const auto& volume : secret_volumes_) static_cast<void>(engine::remove_volume(client_, volume, false, {}));
  }

  const Session& session_;
  const engine::Client& client_;
  const project::Project& project_;
  std::string name_;
  std::string id_;
  std::vector<std::string> secret_volumes_;
  bool wanted_ = false;
};

std::string name_of_signal(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

// Hands a signal on to the container's command, which then has its grace to end; its output is read meanwhile. The
// token is set when that is over, or when a second signal comes.
class HandOn {
 public:
  HandOn(const Session& session, const engine::Client& client, std::string container, std::chrono::milliseconds grace)
      : urgent_(session.signals ? session.signals->urgent() : std::stop_token(), Forward{&over_}),
        thread_([this, &session, &client, container = std::move(container), grace](const std::stop_token& ended) {
          const auto handed_on = guarded([&]() -> Result<void> {
            if (!await(session.stop, ended)) return {};
            const int signal = session.signals ? session.signals->received() : SIGTERM;
            static_cast<void>(engine::kill_container(client, container, name_of_signal(signal), over_.get_token()));
            const StopSignal done(ended);
            if (!done.wait_for(grace)) over_.request_stop();
            return {};
          });
          if (!handed_on) over_.request_stop();
        }) {}
  HandOn(const HandOn&) = delete;
  HandOn& operator=(const HandOn&) = delete;

  std::stop_token over() const { return over_.get_token(); }

 private:
  struct Forward {
    std::stop_source* to;
    void operator()() const noexcept { to->request_stop(); }
  };

  // False: `ended` was set first.
  static bool await(const std::stop_token& signalled, const std::stop_token& ended) {
    std::stop_source either;
    const std::stop_callback first(signalled, Forward{&either}), second(ended, Forward{&either});
    const StopSignal news(either.get_token());
    while (!news.wait_for(std::chrono::hours(1))) continue;
    return !ended.stop_requested();
  }

  std::stop_source over_;
  std::stop_callback<Forward> urgent_;
  std::jthread thread_;  // last: it uses what stands above
};

std::chrono::milliseconds grace_of(const project::Project& project, const std::string& service) {
  const auto& grace = project.find(service)->spec.stop_grace_period;
  return grace ? std::chrono::ceil<std::chrono::milliseconds>(grace->value) : std::chrono::seconds(10);
}

// Of a command that goes on although nobody listens: its grace, and then SIGKILL.
void stop_for_good(const engine::Client& client, const std::string& container, bool at_once,
                   const std::stop_token& urgent) {
  if (!at_once && engine::stop_container(client, container, std::nullopt, urgent)) return;
  static_cast<void>(engine::stop_container(client, container, std::chrono::seconds(0), {}));
}

Error explained_start(const Session& session, const engine::Client& client, const project::Project& project,
                      const plan::OneOffOptions& options, const std::string& id, const Error& error) {
  auto explained = execute::port_taken(client, error, id, project.name, session.stop);
  if (explained.message != error.message) explained.message = options.service + ": " + explained.message;
  return explained;
}

int run_to_end(const Session& session, const engine::Client& client, const project::Project& project,
               const plan::OneOffOptions& options, Removal& removal) {
  const auto never_ran = [&](const Error& error) {
    removal.want(true);  // there is nothing in it to look at
    fail(session, error);
    return engine::exec_start_failure(error).value_or(exit_code(error.kind));
  };
  const auto& id = removal.id();
  std::optional<http::Upgraded> connection;
  {
    auto attached = engine::attach_container(client, id, options.input, session.stop);
    if (!attached) return never_ran(attached.error());  // Podman looks for the program here already
    connection.emplace(std::move(*attached));
  }
  const auto started = engine::start_container(client, id, session.stop);
  if (!started) return never_ran(explained_start(session, client, project, options, id, started.error()));
  const auto resize = [&](terminal::WindowSize size) {
    return engine::resize_container(client, id, size.rows, size.columns, session.stop).has_value();
  };
  const HandOn signals(session, client, id, grace_of(project, options.service));
  const Session until{session.options, session.environment, session.terminal, signals.over(), session.signals};
  const auto carried = attach_streams(until, *connection, options.tty, options.input, resize);
  if (!carried) {
    // The engine does not end a container whose output has a reader that does not read.
    connection.reset();
    stop_for_good(client, id, session.stop.stop_requested(), signals.over());
    return fail(session, carried.error());
  }
  // A command that ends by the signal has an exit code of its own.
  const auto ended = engine::wait_container(client, id, engine::WaitCondition::not_running,
                                            std::chrono::milliseconds(0), signals.over());
  if (ended) return ended->exit_code;
  if (ended.error().kind == ErrorKind::interrupted) stop_for_good(client, id, true, signals.over());
  return fail(session, ended.error());
}

// One try at the container, which is not started yet, and what it depends on; the exit code, or nothing when another
// command has changed the project while this one waited for a dependency.
std::optional<int> try_container(const Session& session, const engine::Client& client, const project::Project& project,
                                 const plan::OneOffOptions& options, bool take_over, ProjectTurn& turn,
                                 Removal& removal) {
  if (const auto begun = turn.begin(); !begun) return fail(session, begun.error());
  const auto observed = execute::observe(client, project, session.stop);
  if (!observed) return fail(session, observed.error());
  if (const auto own = check_origin(session, project, observed->containers, take_over); !own)
    return fail(session, own.error());
  const auto plan = plan::plan_one_off(project, *observed, options);
  if (!plan) return fail(session, plan.error());
  if (const auto free = check_name(session, client, options.name); !free) return fail(session, free.error());

  // From here on the engine is changed.
  removal.mounts(plan::secret_volumes_of(*plan, *observed, options.service));
  removal.want(true);
  terminal::Board board(session.terminal, "run");
  execute::ExecuteOptions execute;
  execute.on_created = [&](const std::string& name, const std::string& id) {
    if (name == options.name) removal.created(id);
  };
  execute.turn = &turn;
  const auto done = run_plan(session, client, project, *plan, execute, board);
  board.finish();
  if (done) return 0;
  if (done.error().kind == ErrorKind::interrupted) return fail(session, done.error());
  const auto overtaken = turn.begin();
  if (!overtaken || !*overtaken) return report_service_failure(session, done.error());
  removal.remove_container();
  removal.created({});  // the next try creates another one
  removal.want(false);
  return std::nullopt;
}

// What has to be removed in the end is made known to `removal` first.
int make_container(const Session& session, const engine::Client& client, const project::Project& project,
                   const RunVerb& verb, const plan::OneOffOptions& options, const std::vector<std::string>& names,
                   Removal& removal) {
  if (const int code = get_needed_images(session, client, project, verb, names); code != 0) return code;
  ProjectTurn turn(session, client.endpoint(), project.name, "run", lock_patience);
  for (;;) {
    const auto code = try_container(session, client, project, options, verb.take_over, turn, removal);
    if (code) return *code;
  }
}

int run_one_off(const Session& session, const RunVerb& verb) {
  const auto project = load_project(session, declare::Mode::resolve, {verb.one_off.service});
  if (!project) return fail(session, project.error());
  const auto& service = verb.one_off.service;
  const auto names = project::with_dependencies(*project, {service});
  if (!names) return fail(session, names.error());
  const auto options = options_of(session, *project, verb);
  if (!options) return fail(session, options.error());
  const auto client = connect_engine(session);
  if (!client) return fail(session, client.error());

  const Signals::Hold hold(session.signals);
  Removal removal(session, *client, *project, options->name);
  const auto needed = options->no_dependencies ? std::vector{service} : *names;
  if (const int code = make_container(session, *client, *project, verb, *options, needed, removal); code != 0)
    return code;
  removal.want(verb.remove && !verb.detach);
  if (!verb.detach) return run_to_end(session, *client, *project, *options, removal);
  if (const auto started = engine::start_container(*client, removal.id(), session.stop); !started) {
    removal.want(true);
    return fail(session, explained_start(session, *client, *project, *options, removal.id(), started.error()));
  }
  session.terminal.data(options->name + "\n");
  return 0;
}

void add_container_options(CLI::App& verb, RunVerb& options) {
  verb.add_option("-u,--user", options.one_off.user, "User or user:group that it runs as")->type_name("USER");
  verb.add_option("-w,--workdir", options.one_off.working_dir, "Folder in the container that it runs in")
      ->type_name("DIR");
  verb.add_option("-e,--env", options.environment, "Variable for it; without a value it gets yours")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb.add_option("--entrypoint", options.entrypoint, "Instead of the image's and the service's; split as a shell does")
      ->type_name("COMMAND");
  verb.add_option("-v,--volume", options.volumes, "Further mount: SOURCE:/TARGET[:ro]")
      ->type_name("MOUNT")
      ->allow_extra_args(false);
  verb.add_option("-p,--publish", options.publish, "Publish a port: [IP:][HOST_PORT:]PORT[/PROTOCOL]")
      ->type_name("PORT")
      ->allow_extra_args(false);
  verb.add_flag("-P,--service-ports", options.one_off.service_ports, "Publish the ports that the service names");
  verb.add_option("--name", options.one_off.name, "Name of the container; default: PROJECT-SERVICE-run-RANDOM")
      ->type_name("NAME");
  verb.add_option("-l,--label", options.labels, "Further label of the container")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

}  // namespace

void setup_one_off(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<RunVerb>();
  auto* verb = app.add_subcommand(
      "run",
      "Run a command in a new container of a service, its dependencies up; it gets your terminal when there is one. "
      "All words after SERVICE are the command: saasctl run [OPTIONS] SERVICE [COMMAND ARGUMENT...]");
  verb->prefix_command();
  verb->add_option("service", options->one_off.service, "Service to make the container of")
      ->required()
      ->type_name("SERVICE");
  verb->add_flag("--rm", options->remove, "Remove the container at its end, also when interrupted");
  verb->add_flag("-d,--detach", options->detach, "Leave it to itself and print its name");
  verb->add_flag("-T,--no-tty,--no-TTY", options->no_tty, "No terminal for it, also when you have one");
  verb->add_flag("-i,--interactive,-t,--tty", options->habits,
                 "Accepted for those who are used to it: both are so by themselves");
  verb->add_flag("--no-deps", options->one_off.no_dependencies, "Do not bring up what the service depends on");
  verb->add_flag("--build", options->build, "Build the service's image before");
  verb->add_flag("--quiet-pull", options->quiet_pull, "Do not show how images are got");
  add_take_over_option(*verb, options->take_over);
  add_container_options(*verb, *options);
  verb->footer(
      "\nThe exit code is the command's own, also when it ends by a signal that saasctl has forwarded to it; 129, 130 "
      "or\n"
      "143 when it did not end within its stop_grace_period or before a second signal, and was killed. Ports are not\n"
      "published unless asked for.\n\n"
      "Example: saasctl run --rm -e LOG_LEVEL=debug auth-service /app --help");
  verb->callback([=] { choose([options](const Session& session) { return run_one_off(session, *options); }); });
}

}  // namespace saasctl::commands
