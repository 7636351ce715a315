// Carrying out the plan of an `up` to its end: again when another command has changed the project meanwhile, and back
// after a failure when that is asked for.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "commands/project_lock.hpp"
#include "commands/session.hpp"
#include "commands/up_options.hpp"
#include "engine/client.hpp"
#include "execute/failure.hpp"
#include "plan/own.hpp"
#include "plan/plan.hpp"
#include "project/project.hpp"

namespace saasctl::commands {

// The references must outlive it. One thread at a time.
class UpCourse {
 public:
  // `observed`: the snapshot that the first plan is made from, while the turn is held.
  UpCourse(const Session& session, const engine::Client& client, const project::Project& project,
           const UpOptions& options, ProjectTurn& turn, const plan::ObservedState& observed)
      : session_(session),
        client_(client),
        project_(project),
        options_(options),
        turn_(turn),
        first_(observed),
        own_(observed) {}

  // Reports a failure and rolls back when the options ask for it. The exit code of the failure; nothing on success.
  std::optional<int> run(const plan::Plan& plan, const plan::UpOptions& planning);

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  std::optional<execute::ReadyError> carry_to_end(const plan::Plan& plan, const plan::UpOptions& planning);
  std::optional<execute::ReadyError> carry_once(const plan::Plan& plan, Deadline deadline);
  Result<plan::Plan> plan_again(const plan::ObservedState& now, plan::UpOptions planning) const;
  void roll_back();
  std::string rolled_back();
  std::string not_rolled_back(const Error& error) const;

  const Session& session_;
  const engine::Client& client_;
  const project::Project& project_;
  const UpOptions& options_;
  ProjectTurn& turn_;
  const plan::ObservedState& first_;
  plan::Own own_;
  bool overtaken_ = false;   // another command has changed the project since the first snapshot
  bool superseded_ = false;  // and to go on would revert that
};

}  // namespace saasctl::commands
