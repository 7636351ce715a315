#include "commands/project_lock.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "util/digest.hpp"
#include "util/wait.hpp"

namespace saasctl::commands {
namespace {

constexpr std::chrono::milliseconds between_tries{50};

}  // namespace

std::filesystem::path lock_path(const yaml::Variables& environment, const engine::Endpoint& endpoint,
                                const std::string& project) {
  const auto name = sha256_hex(endpoint.host + "\n" + project).substr(0, 16);
  if (const auto folder = environment.find("XDG_RUNTIME_DIR"); folder != environment.end() && !folder->second.empty()) {
    std::error_code error;
    if (std::filesystem::is_directory(folder->second, error))
      return std::filesystem::path(folder->second) / fmt::format("saasctl-{}.lock", name);
  }
  std::error_code error;
  const auto temporary = std::filesystem::temp_directory_path(error);
  return (error ? std::filesystem::path("/tmp") : temporary) / fmt::format("saasctl-{}-{}.lock", ::getuid(), name);
}

namespace {

Result<FileLock> await_lock(const Session& session, const engine::Endpoint& endpoint, const std::string& project,
                            const std::string& verb, std::chrono::milliseconds patience) {
  const auto path = lock_path(session.environment, endpoint, project);
  const auto me = fmt::format("saasctl {} (process {})", verb, ::getpid());
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (bool told = false;;) {
    auto lock = FileLock::try_take(path, me);
    if (lock || lock.error().kind != ErrorKind::conflict) return lock;
    const auto holder = lock.error().message.empty() ? "another saasctl" : lock.error().message;
    if (std::chrono::steady_clock::now() >= give_up) {
      return failure(ErrorKind::conflict, fmt::format("{} is still changing the project {}", holder, project),
                     "wait for its end, or end it");
    }
    if (session.stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    if (!std::exchange(told, true))
      session.terminal.message(fmt::format("waiting: {} is changing the project {}", holder, project));
    pause(between_tries, session.stop);
  }
}

}  // namespace

Result<FileLock> lock_project(const Session& session, const engine::Endpoint& endpoint, const std::string& project,
                              const std::string& verb, std::chrono::milliseconds patience) {
  auto lock = await_lock(session, endpoint, project, verb, patience);
  if (lock) lock->count();
  return lock;
}

Result<void> ProjectTurn::lock(const std::stop_token& stop) {
  if (lock_) return {};
  const Session until{session_.options, session_.environment, session_.terminal, stop};
  auto taken = await_lock(until, endpoint_, project_, verb_, patience_);
  if (!taken) return std::unexpected(std::move(taken.error()));
  if (last_ && taken->number() != *last_) overtaken_ = true;
  last_ = taken->number();
  lock_.emplace(std::move(*taken));
  return {};
}

Result<bool> ProjectTurn::begin() {
  if (auto locked = lock(session_.stop); !locked) return std::unexpected(std::move(locked.error()));
  return std::exchange(overtaken_, false);
}

Result<void> ProjectTurn::take(std::stop_token stop) {
  if (auto locked = lock(stop); !locked) return locked;
  if (!overtaken_) {
    lock_->count();
    last_ = lock_->number();
    return {};
  }
  return failure(ErrorKind::conflict, fmt::format("another saasctl has changed the project {} meanwhile", project_),
                 "repeat the command");
}

}  // namespace saasctl::commands
