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

bool is_own(const StackFilesInReach& here, const plan::ObservedContainer& container) {
  if (container.folder.empty() || is_same_folder(container.folder, here.folder)) return true;
  return std::ranges::any_of(here.files, [&](const std::filesystem::path& file) {
    return file != "-" && std::ranges::find(container.files, file.string()) != container.files.end();
  });
}

// The containers of the first other folder.
struct Strangers {
  std::string folder;
  std::vector<std::string> names;
};

Strangers strangers_of(const StackFilesInReach& here, const std::vector<plan::ObservedContainer>& containers) {
  Strangers found;
  for (const auto& container : containers) {
    if (container.one_off || is_own(here, container)) continue;
    if (found.names.empty()) found.folder = container.folder;
    if (container.folder == found.folder) found.names.push_back(container.name);
  }
  return found;
}

// Whether they may be changed; a message when they come from elsewhere all the same.
bool may_change(const Session& session, const Strangers& strangers, bool take_over) {
  if (strangers.names.empty()) return true;
  std::error_code error;
  if (!take_over && std::filesystem::exists(strangers.folder, error)) return false;
  session.terminal.message(fmt::format("taking over {} from {}{}", join(strangers.names, ", "), strangers.folder,
                                       take_over ? "" : ", a folder that does not exist here any more"));
  return true;
}

}  // namespace

void add_take_over_option(CLI::App& verb, bool& take_over) {
  verb.add_flag("--take-over", take_over,
                "Also change containers that come from another folder's file with the same project name");
}

Result<void> check_origin(const Session& session, const project::Project& project,
                          const std::vector<plan::ObservedContainer>& containers, bool take_over) {
  const auto strangers = strangers_of({project.folder, project.files}, containers);
  if (may_change(session, strangers, take_over)) return {};
  const auto& [folder, names] = strangers;
  return failure(ErrorKind::usage,
                 fmt::format("the project {} of {} and that of {} have the same name: {} {} from there", project.name,
                             project.folder.string(), folder, join(names, ", "), names.size() == 1 ? "is" : "are"),
                 "give this one another name with -p NAME or name: in its file, or take the containers over with "
                 "--take-over");
}

Result<void> check_origin(const Session& session, const RunningProject& running,
                          const std::vector<plan::ObservedContainer>& containers, bool take_over) {
  if (!running.from_labels) return check_origin(session, running.project, containers, take_over);
  if (!running.in_reach) return {};
  const auto strangers = strangers_of(*running.in_reach, containers);
  if (may_change(session, strangers, take_over)) return {};
  const auto& [folder, names] = strangers;
  return failure(ErrorKind::usage,
                 fmt::format("the containers of project {} come from {}, and the stack file in reach is that of {}: {}",
                             running.project.name, folder, running.in_reach->folder.string(), join(names, ", ")),
                 fmt::format("run the command in {} or in a folder without a stack file, or add --take-over", folder));
}

Result<RunningProject> see_to_change(const Session& session, const std::vector<std::string>& services, bool take_over) {
  auto running = open_running_project(session, services);
  if (!running) return running;
  if (auto own = check_origin(session, *running, observed_containers(*running), take_over); !own)
    return std::unexpected(std::move(own.error()));
  return running;
}

}  // namespace saasctl::commands
