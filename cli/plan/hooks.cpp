#include "plan/hooks.hpp"

namespace saasctl::plan {

std::vector<RunHook> hooks_of(const project::Service& service, std::string_view when, const std::string& container) {
  std::vector<RunHook> hooks;
  for (const auto& hook : when == "post_start" ? service.spec.post_start : service.spec.pre_stop) {
    RunHook work{service.name, container, std::string(when), hook.command};
    work.user = hook.user.value_or("");
    work.working_directory = hook.working_dir.value_or("");
    work.privileged = hook.privileged.value_or(false);
    for (const auto& entry : hook.environment) work.environment.push_back(entry.name + "=" + entry.value.value_or(""));
    hooks.push_back(std::move(work));
  }
  return hooks;
}

}  // namespace saasctl::plan
