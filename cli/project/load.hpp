// From the stack file to the Project: the only place that resolves.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "util/result.hpp"

namespace saasctl::project {

struct Inputs {
  std::vector<std::filesystem::path> files = {};                // -f; "-" is standard input
  std::optional<std::string> project_name = {};                 // -p
  yaml::Variables environment = {};                             // of the process
  declare::Mode mode = declare::Mode::resolve;                  // verbatim: texts stay as they are written
  std::optional<std::filesystem::path> project_directory = {};  // --project-directory
  std::vector<std::filesystem::path> env_files = {};            // --env-file
  std::vector<std::string> profiles = {};                       // --profile
  std::vector<std::string> services = {};                       // named by the user: their profiles are active
  bool may_be_inactive = false;                                 // no error when no service's profile is active
  std::stop_token stop = {};                                    // ends the reading of standard input
};

struct Loaded {
  Project project;
  std::vector<std::string> warnings;  // variables that are not set, files that are not used
};

// Reads and resolves the stack; see files.hpp for which files. Every error of every file read is in the one usage
// Error. In verbatim mode the services' specs stay as written (variables, relative paths), for the renderer. Name
// precedence: -p, COMPOSE_PROJECT_NAME, name:, the folder. Source: Compose specification, 04-version-and-name.md.
Result<Loaded> load(const Inputs& inputs);

// Whether a file is named or this folder has one: false when load() would have nothing to read.
bool has_file(const Inputs& inputs);

// The variables of the running process.
yaml::Variables process_environment();

}  // namespace saasctl::project
