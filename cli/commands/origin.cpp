#include "commands/origin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/text.hpp"

namespace saasctl::commands {
namespace {

bool is_same_folder(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  return one.lexically_normal() == other.lexically_normal() || std::filesystem::equivalent(one, other, error);
}

bool is_own(const project::Project& project, const plan::ObservedContainer& container) {
  if (container.folder.empty() || is_same_folder(container.folder, project.folder)) return true;
  return std::ranges::any_of(project.files, [&](const std::filesystem::path& file) {
    return file != "-" && std::ranges::find(container.files, file.string()) != container.files.end();
  });
}

}  // namespace

Result<void> check_origin(const Session& session, const project::Project& project,
                          const std::vector<plan::ObservedContainer>& containers, bool take_over) {
  std::string folder;
  std::vector<std::string> names;
  for (const auto& container : containers) {
    if (container.one_off || is_own(project, container)) continue;
    if (folder.empty()) folder = container.folder;
    if (container.folder == folder) names.push_back(container.name);
  }
  if (names.empty()) return {};
  std::error_code error;
  if (take_over || !std::filesystem::exists(folder, error)) {
    session.terminal.message(fmt::format("taking over {} from {}{}", join(names, ", "), folder,
                                         take_over ? "" : ", a folder that does not exist here any more"));
    return {};
  }
  return failure(ErrorKind::conflict,
                 fmt::format("the project {} of {} and that of {} have the same name: {} {} from there", project.name,
                             project.folder.string(), folder, join(names, ", "), names.size() == 1 ? "is" : "are"),
                 "give this one another name with -p NAME or name: in its file, or take the containers over with "
                 "--take-over");
}

}  // namespace saasctl::commands
