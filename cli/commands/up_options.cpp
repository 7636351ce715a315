#include "commands/up_options.hpp"

namespace saasctl::commands {
namespace {

// CLI11 gives a flag that stands alone the value true; so the next word is a service and never its value.
CLI::Option* add_wait_option(CLI::App& verb, UpOptions& options) {
  return verb
      .add_flag("--wait", options.wait,
                "What to wait for: our own probes or the engine's health status, whichever is first (ready, which is "
                "also the default), the engine's status in any case (engine), or nothing but the starts (false)")
      ->option_text("[=ready|engine|false]")
      ->check(CLI::IsMember({"ready", "engine", "false", "true"}));
}

}  // namespace

void add_services_option(CLI::App& verb, UpOptions& options) {
  verb.add_option("service", options.services, "Services, with what they depend on; all when none is named")
      ->type_name("SERVICE");
}

void add_planning_options(CLI::App& verb, UpOptions& options) {
  auto* force = verb.add_flag("--force-recreate", options.force_recreate, "Recreate every container");
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
}

void add_plan_options(CLI::App& verb, UpOptions& options) {
  verb.add_flag("--json", options.as_json, "With a plan: as JSON");
  verb.add_option("--graph", options.graph, "With a plan: the actions and what each waits for, as a drawing")
      ->check(CLI::IsMember({"dot", "mermaid"}));
  verb.add_flag("--exit-code", options.exit_code, "With a plan: exit with 4 when there is something to do");
}

void add_image_options(CLI::App& verb, UpOptions& options) {
  auto* build = verb.add_flag("--build", options.build, "Build again what is built here");
  verb.add_flag("--no-build", options.no_build, "Build nothing; an image that is not there is an error then")
      ->excludes(build);
  verb.add_option("--pull", options.pull, "When images are pulled, instead of each service's pull_policy")
      ->check(CLI::IsMember({"always", "missing", "never"}));
  verb.add_flag("--quiet-pull", options.quiet_pull, "Do not show how images are got");
}

void add_time_options(CLI::App& verb, UpOptions& options) {
  verb.add_option("--timeout,--wait-timeout", options.timeout,
                  "Seconds for everything from the first change on; images are got before it")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  verb.add_option("-t,--stop-timeout", options.stop_timeout,
                  "Seconds a container that is replaced gets to end by itself before it is killed; default: its "
                  "stop_grace_period, or 10")
      ->type_name("SECONDS");
}

void add_attended_options(CLI::App& verb, UpOptions& options) {
  auto* detach = verb.add_flag("-d,--detach", options.detach,
                               "Accepted for those who are used to it: up stays attached only with the two below");
  auto* wait = add_wait_option(verb, options);
  verb.add_flag("--abort-on-container-exit", options.abort_on_exit,
                "Show the logs until a container ends, then stop all; its exit code is the tool's. A job that others "
                "wait for may end well")
      ->excludes(detach)
      ->excludes(wait);
  verb.add_option("--exit-code-from", options.exit_code_from, "The same, with the exit code of this service")
      ->type_name("SERVICE")
      ->excludes(detach)
      ->excludes(wait);
}

}  // namespace saasctl::commands
