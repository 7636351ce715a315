#include "plan/hooks.hpp"

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

}  // namespace saasctl::plan
