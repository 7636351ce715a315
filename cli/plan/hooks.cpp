#include "plan/hooks.hpp"

#include <fmt/format.h>

#include <utility>

#include "plan/resource_body.hpp"

namespace saasctl::plan {

std::vector<RunHook> hooks_of(const project::Service& service, std::string_view when, const std::string& container) {
  std::vector<RunHook> hooks;
  for (const auto& hook : when == "post_start" ? service.spec.post_start : service.spec.pre_stop) {
    RunHook work{service.name, container, std::string(when), hook.command};
    work.user = hook.user.value_or("");
    work.working_directory = hook.working_dir.value_or("");
    work.privileged = hook.privileged.value_or(false);
    work.environment = variables_of(hook.environment);
    hooks.push_back(std::move(work));
  }
  return hooks;
}

CreateContainer step_container(const project::Project& project, const project::Service& step,
                               const std::vector<SecretVolume>& secrets, const ObservedImage& image,
                               const std::string& target) {
  auto [body, connect] = container_body(project, step, secrets, "");
  body["HostConfig"]["VolumesFrom"].push_back(target);
  return {step.name,          step.container_name,      std::move(body), step.spec.platform.value_or(""),
          std::move(connect), copied_files(step, image)};
}

RunContainer step_run(const project::Service& step) {
  return {step.name, step.container_name, fmt::format("pre_start[{}]", step.step.value_or(0))};
}

std::vector<RemoveContainer> old_steps(const std::vector<ObservedContainer>& containers, const std::string& service) {
  std::vector<RemoveContainer> removals;
  for (const auto& container : containers) {
    if (!container.hook.empty() && container.service == service) removals.push_back({service, container.name, true});
  }
  return removals;
}

}  // namespace saasctl::plan
