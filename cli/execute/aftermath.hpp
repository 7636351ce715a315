// The state that a plan which ended early leaves behind, and the containers in it that nothing uses.
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <vector>

#include "engine/client.hpp"
#include "execute/container_ids.hpp"
#include "execute/failure.hpp"
#include "plan/plan.hpp"
#include "project/project.hpp"

namespace saasctl::execute {

// How far an action of a plan has come.
enum class Progress {
  waiting,     // nothing was sent to the engine
  unanswered,  // something was, and no answer came in time: the engine may still do it
  failed,
  done,
};

// The indices of the actions that created a container in place of another one which is still there, under another name
// for the time being, and of which nothing else was begun. `progress`: of each action of the plan.
std::vector<std::size_t> unused_successors(const plan::Plan& plan, const std::vector<Progress>& progress);

// Removes those containers, which were never started; what they would have replaced goes on. Takes no longer than
// `limit`, also after an interruption. An error changes nothing for the caller: the next `up` removes what is left.
void remove_successors(const engine::Client& client, const plan::Plan& plan, const ContainerIds& container_ids,
                       const std::vector<std::size_t>& successors, std::chrono::milliseconds limit);

// What is left of each service of the project that the plan would have created or that has containers. What cannot be
// asked, or not before the token is set, leaves it empty.
std::vector<Remnant> remnants_after(const engine::Client& client, const project::Project& project,
                                    const plan::Plan& plan, const ContainerIds& container_ids,
                                    const std::vector<Progress>& progress, const std::stop_token& stop);

// The same when no plan is under way.
std::vector<Remnant> remnants_of(const engine::Client& client, const project::Project& project,
                                 const std::stop_token& stop);

}  // namespace saasctl::execute
