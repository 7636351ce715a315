#include "commands/project_lookup.hpp"

namespace saasctl::commands {

yaml::Environment project_lookup(const Session& session, const project::Project& project) {
  return [&session, &project](std::string_view name) -> std::optional<std::string> {
    for (const auto* variables : {&project.environment, &session.environment}) {
      if (const auto found = variables->find(name); found != variables->end()) return found->second;
    }
    return std::nullopt;
  };
}

}  // namespace saasctl::commands
