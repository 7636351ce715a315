#include <fmt/format.h>

#include "plan/plan.hpp"
#include "util/text.hpp"

namespace saasctl::plan {
namespace {

struct Line {
  std::string operator()(const CreateNetwork& work) const { return "create network " + work.name; }
  std::string operator()(const RemoveNetwork& work) const { return "remove network " + work.name; }
  std::string operator()(const ProbeNetwork& work) const {
    return fmt::format("check that network {} can be created", work.name);
  }
  std::string operator()(const ReplaceNetwork& work) const {
    return fmt::format("remove network {} and create it again", work.name);
  }
  std::string operator()(const GetImage& work) const {
    return fmt::format("{} image {}", work.build ? "build" : "pull", work.image);
  }
  std::string operator()(const CreateVolume& work) const { return "create volume " + work.name; }
  std::string operator()(const RemoveVolume& work) const { return "remove volume " + work.name; }
  std::string operator()(const FillSecrets& work) const {
    return fmt::format("{}: write {} secret{} into volume {}", work.service, work.files.size(),
                       work.files.size() == 1 ? "" : "s", work.volume);
  }
  std::string operator()(const CreateContainer& work) const {
    return fmt::format("{}: create container {}", work.service, work.name);
  }
  std::string operator()(const StartContainer& work) const {
    return fmt::format("{}: start container {}", work.service, work.container);
  }
  std::string operator()(const StopContainer& work) const {
    return fmt::format("{}: stop container {}", work.service, work.container);
  }
  std::string operator()(const RemoveContainer& work) const {
    return fmt::format("{}: remove container {}", work.service, work.container);
  }
  std::string operator()(const RenameContainer& work) const {
    return fmt::format("{}: rename container {} to {}", work.service, work.container, work.name);
  }
  std::string operator()(const ReattachContainer& work) const {
    return fmt::format("{}: attach container {} to network {} again", work.service, work.container, work.network);
  }
  std::string operator()(const RunHook& work) const {
    return fmt::format("{}: run {} in container {}: {}", work.service, work.when, work.container,
                       join(work.command, " "));
  }
  std::string operator()(const RunContainer& work) const {
    return fmt::format("{}: run {} in container {}", work.service, work.when, work.container);
  }
  std::string operator()(const KillContainer& work) const {
    return fmt::format("{}: send {} to container {}", work.service, work.signal, work.container);
  }
  std::string operator()(const PauseContainer& work) const {
    return fmt::format("{}: pause container {}", work.service, work.container);
  }
  std::string operator()(const UnpauseContainer& work) const {
    return fmt::format("{}: unpause container {}", work.service, work.container);
  }
  std::string operator()(const AwaitService& work) const {
    return fmt::format("{}: wait for {}{}", work.service, work.condition, work.required ? "" : " (goes on without)");
  }
};

}  // namespace

std::string to_line(const Action& action) {
  auto line = std::visit(Line{}, action.work);
  if (!action.cause.empty()) line += " (" + action.cause + ")";
  return line;
}

}  // namespace saasctl::plan
