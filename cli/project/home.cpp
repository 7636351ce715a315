#include "project/home.hpp"

#include <algorithm>
#include <filesystem>

namespace saasctl::project {

std::string with_home(const std::string& path, const yaml::Environment& environment) {
  if (!path.starts_with('~')) return path;
  const auto home = environment("HOME");
  if (!home || home->empty()) return path;
  const auto rest = path.substr(std::min(path.find_first_not_of('/', 1), path.size()));
  return rest.empty() ? *home : (std::filesystem::path(*home) / rest).string();
}

}  // namespace saasctl::project
