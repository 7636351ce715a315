// The options of up, and of plan, create and scale, which have some of them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace saasctl::commands {

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
  bool no_build = false;
  bool quiet_pull = false;
  std::string pull;  // empty: each service's own pull_policy
  bool take_over = false;
  bool dry_run = false;
  bool detach = false;
  bool as_json = false;
  bool exit_code = false;
  std::string graph;
  std::string on_failure = "keep";
  std::string wait = "ready";
  unsigned timeout = 300;
  std::optional<unsigned> stop_timeout;
  bool abort_on_exit = false;
  std::string exit_code_from;

  bool attended() const { return (abort_on_exit || !exit_code_from.empty()) && !dry_run && !no_start; }
};

// Each declares a group of them.
void add_services_option(CLI::App& verb, UpOptions& options);
void add_planning_options(CLI::App& verb, UpOptions& options);
void add_plan_options(CLI::App& verb, UpOptions& options);
void add_image_options(CLI::App& verb, UpOptions& options);
void add_time_options(CLI::App& verb, UpOptions& options);
void add_attended_options(CLI::App& verb, UpOptions& options);

}  // namespace saasctl::commands
