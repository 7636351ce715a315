// Which files make up the stack, where its paths start, and what its variables are.
// Source: Compose specification, 04-version-and-name.md and 15-profiles.md; docker/compose, cmd/compose/compose.go;
// compose-go v2, cli/options.go.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "project/load.hpp"
#include "yaml/dotenv.hpp"

namespace saasctl::project {

struct Chosen {
  std::vector<std::filesystem::path> files;  // absolute; "-" is standard input
  std::filesystem::path folder;              // absolute
  yaml::Variables environment;               // of the process, over the .env files
  std::vector<std::string> profiles;
  std::vector<std::string> warnings;
};

// The files: -f, else COMPOSE_FILE, else a stack file or Compose file of this folder or the nearest parent that has
// one, with its override file. The folder: --project-directory, else that of the first file. The variables: of the
// process, else of --env-file or COMPOSE_ENV_FILES, else of .env: that of the working folder (with --project-directory
// or -f, of the project's folder), then that of the project's folder. PWD is the working folder when the process has
// none. What is wrong with an .env file goes to `diagnostics`; the Error: there is no file.
Result<Chosen> choose_files(const Inputs& inputs, yaml::Diagnostics& diagnostics);

// All of standard input. Errors: interrupted; usage when it cannot be read, as when it is a folder or has no end.
Result<std::string> read_standard_input(const std::stop_token& stop);

}  // namespace saasctl::project
