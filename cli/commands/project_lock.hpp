// One command at a time makes and removes containers of a project.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "commands/session.hpp"
#include "execute/turn.hpp"
#include "util/lock.hpp"

namespace saasctl::commands {

// How long a verb without a --timeout for everything waits for its turn.
inline constexpr std::chrono::minutes lock_patience{5};

// Where the lock of a project at an engine lies: $XDG_RUNTIME_DIR, else the folder for temporary files, which holds one
// of each user there.
std::filesystem::path lock_path(const yaml::Variables& environment, const engine::Endpoint& endpoint,
                                const std::string& project);

// Waits for whoever changes the project now, and says who that is. Errors: conflict (still held after `patience`),
// interrupted, failed. A holder that was killed holds nothing. The caller counts as one that changes the project.
Result<FileLock> lock_project(const Session& session, const engine::Endpoint& endpoint, const std::string& project,
                              const std::string& verb, std::chrono::milliseconds patience);

// The lock as a turn that the executor gives back while a plan only waits. A plan is made from a snapshot, so it holds
// only as long as nobody else has the turn: then begin() again, and plan again. One thread at a time.
class ProjectTurn : public execute::Turn {
 public:
  // `session` and `endpoint` must outlive it.
  ProjectTurn(const Session& session, const engine::Endpoint& endpoint, std::string project, std::string verb,
              std::chrono::milliseconds patience)
      : session_(session),
        endpoint_(endpoint),
        project_(std::move(project)),
        verb_(std::move(verb)),
        patience_(patience) {}

  // Takes the turn for a snapshot and a plan. True: somebody else has changed the project since the last time. Errors
  // of lock_project.
  Result<bool> begin();

  Result<void> take(std::stop_token stop) override;
  void give_back() override { lock_.reset(); }

 private:
  Result<void> lock(const std::stop_token& stop);

  const Session& session_;
  const engine::Endpoint& endpoint_;
  std::string project_;
  std::string verb_;
  std::chrono::milliseconds patience_;
  std::optional<FileLock> lock_;
  std::optional<std::uint64_t> last_;  // the number when it was last known
  bool overtaken_ = false;
};

}  // namespace saasctl::commands
