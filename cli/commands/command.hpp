// A verb of the command line: its options, bound to typed fields, and what it does.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "commands/session.hpp"

namespace saasctl::commands {

// Does the work and returns the exit code.
using Action = std::function<int(const Session&)>;

// Called by each setup_VERB when the user has chosen it.
using Choose = std::function<void(Action)>;

// Adds every verb to `app`: all that follow.
void setup_all(CLI::App& app, const Choose& choose);

// One file each; `app` gets one subcommand.
void setup_render(CLI::App& app, const Choose& choose);
void setup_schema(CLI::App& app, const Choose& choose);
void setup_reference(CLI::App& app, const Choose& choose);
void setup_secrets(CLI::App& app, const Choose& choose);
void setup_build(CLI::App& app, const Choose& choose);
void setup_config(CLI::App& app, const Choose& choose);
void setup_plan(CLI::App& app, const Choose& choose);
void setup_up(CLI::App& app, const Choose& choose);
void setup_create(CLI::App& app, const Choose& choose);
void setup_scale(CLI::App& app, const Choose& choose);
void setup_down(CLI::App& app, const Choose& choose);
void setup_stop(CLI::App& app, const Choose& choose);
void setup_start(CLI::App& app, const Choose& choose);
void setup_restart(CLI::App& app, const Choose& choose);
void setup_kill(CLI::App& app, const Choose& choose);
void setup_pause(CLI::App& app, const Choose& choose);
void setup_unpause(CLI::App& app, const Choose& choose);
void setup_rm(CLI::App& app, const Choose& choose);
void setup_ps(CLI::App& app, const Choose& choose);
void setup_ls(CLI::App& app, const Choose& choose);
void setup_port(CLI::App& app, const Choose& choose);
void setup_images(CLI::App& app, const Choose& choose);
void setup_volumes(CLI::App& app, const Choose& choose);
void setup_version(CLI::App& app, const Choose& choose);
void setup_logs(CLI::App& app, const Choose& choose);
void setup_exec(CLI::App& app, const Choose& choose);
void setup_one_off(CLI::App& app, const Choose& choose);
void setup_cp(CLI::App& app, const Choose& choose);
void setup_watch(CLI::App& app, const Choose& choose);
void setup_top(CLI::App& app, const Choose& choose);
void setup_stats(CLI::App& app, const Choose& choose);
void setup_events(CLI::App& app, const Choose& choose);
void setup_wait(CLI::App& app, const Choose& choose);
void setup_pull(CLI::App& app, const Choose& choose);
void setup_push(CLI::App& app, const Choose& choose);
void setup_verify(CLI::App& app, const Choose& choose);
void setup_help(CLI::App& app, const Choose& choose);

}  // namespace saasctl::commands
