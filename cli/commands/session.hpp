// What every verb is given, and the passes that many of them share.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/client.hpp"
#include "project/load.hpp"
#include "terminal/terminal.hpp"
#include "util/result.hpp"

namespace saasctl::commands {

class Signals;

// Options that stand before or after any verb.
struct GlobalOptions {
  std::vector<std::string> files;
  std::optional<std::string> project_name;
  std::optional<std::string> project_directory;
  std::vector<std::string> env_files;
  std::vector<std::string> profiles;
  std::optional<std::string> host;
  std::optional<std::string> context;
  bool no_color = false;
  std::string progress = "auto";
  std::vector<std::string> tail = {};  // what follows SERVICE of exec and run: a command, read by nobody here
};

struct Session {
  const GlobalOptions& options;
  const yaml::Variables& environment;
  const terminal::Terminal& terminal;
  std::stop_token stop;              // set by SIGINT and SIGTERM
  const Signals* signals = nullptr;  // for whoever has to clean up after a second one
};

// Which files the options and the environment name, and how they are to be read.
project::Inputs inputs_of(const Session& session);

// The stack's files, resolved; unset variables are warned about. `services` are those the user named, whose profiles
// are active then.
Result<project::Project> load_project(const Session& session, declare::Mode mode,
                                      const std::vector<std::string>& services = {});

// The same, resolved, with every profile active, without the files of variables that services name: for verbs that act
// on what is there.
Result<project::Project> load_whole_project(const Session& session);

// `services` with what they depend on, all when none is named. Error usage: one that the file does not have, with the
// nearest name, or whose profiles are not active, with what activates it.
Result<std::vector<std::string>> chosen_services(const project::Project& project,
                                                 const std::vector<std::string>& services);

// Where the engine is that the options, the environment or the docker CLI's context name; warns of a config.json that
// cannot be read.
Result<engine::Endpoint> engine_endpoint(const Session& session);

// That engine, which has answered.
Result<engine::Client> connect_engine(const Session& session);

// The folder of docker's configuration, for credentials of registries; empty when there is none, or when its
// config.json cannot be read, which is warned about.
std::filesystem::path readable_docker_config(const Session& session);

// The exit code that a failure stands for. `interrupted` is 130 here; run() makes it 143 after SIGTERM and 129 after
// SIGHUP.
int exit_code(ErrorKind kind);

// Shows the error and gives its exit code.
int fail(const Session& session, const Error& error);

}  // namespace saasctl::commands
