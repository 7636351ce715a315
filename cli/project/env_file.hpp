// Files of KEY=VALUE lines that a service names: env_file and label_file.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "stack/service.hpp"
#include "yaml/dotenv.hpp"

namespace saasctl::project {

// The references must outlive it.
struct EnvFiles {
  const std::filesystem::path& folder;  // that relative paths start from
  const yaml::Environment& environment;
  yaml::Diagnostics& diagnostics;
  std::stop_token stop;  // ends the wait for a pipe

  // The file's entries in its order; none when it is not there and need not be. What is wrong goes to `diagnostics`.
  std::vector<std::pair<std::string, std::string>> read(const stack::EnvFile& file) const;
};

// The entries of a file of format raw: everything after the first '=' is the value, whatever it holds; a key alone
// takes its value from `environment`; empty lines and lines that begin with # are none.
// Source: Compose specification, 05-services.md, "env_file", format; docker/cli, pkg/kvfile.
std::vector<std::pair<std::string, std::string>> parse_raw(std::string_view text, const yaml::Environment& environment);

}  // namespace saasctl::project
