// One command at a time makes and removes containers of a project.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "commands/session.hpp"
#include "util/lock.hpp"

namespace saasctl::commands {

// How long a verb without a --timeout for everything waits for its turn.
inline constexpr std::chrono::minutes lock_patience{5};

// Where the lock of a project at an engine lies: $XDG_RUNTIME_DIR, else the folder for temporary files, which holds one
// of each user there.
std::filesystem::path lock_path(const stack::Variables& environment, const engine::Endpoint& endpoint,
                                const std::string& project);

// Waits for whoever changes the project now, and says who that is. Errors: conflict (still held after `patience`),
// interrupted, failed. A holder that was killed holds nothing.
Result<FileLock> lock_project(const Session& session, const engine::Endpoint& endpoint, const std::string& project,
                              const std::string& verb, std::chrono::milliseconds patience);

}  // namespace saasctl::commands
