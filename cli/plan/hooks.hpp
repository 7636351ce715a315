// The user's commands around a container's life.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/container_body.hpp"
#include "plan/plan.hpp"

namespace saasctl::plan {

// The hooks of the service under `when` (post_start or pre_stop), in their order, for that container.
// Source: Compose specification, 05-services.md ("post_start", "pre_stop").
std::vector<RunHook> hooks_of(const project::Service& service, std::string_view when, const std::string& container);

// The container of a step of pre_start. It has the volumes of `target`, the name of one of the service's containers.
// Source: docker/compose v5.6, pkg/compose/pre_start.go, createPreStartContainer.
CreateContainer step_container(const project::Project& project, const project::Service& step,
                               const std::vector<SecretVolume>& secrets, const ObservedImage& image,
                               const std::string& target);

// Its run.
RunContainer step_run(const project::Service& step);

// What an earlier run has left of the service's pre_start.
std::vector<RemoveContainer> old_steps(const std::vector<ObservedContainer>& containers, const std::string& service);

}  // namespace saasctl::plan
