#include "util/program_dialer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "util/text.hpp"

namespace saasctl::http {
namespace {

using namespace std::chrono_literals;

constexpr off_t most_said = 4096;
constexpr auto grace = 200ms;

// Asks it to end, and kills it when it has not done so in a moment.
void reap(pid_t program) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  ::kill(program, SIGTERM);
  while (::waitpid(program, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) ::kill(program, SIGKILL);
    std::this_thread::sleep_for(1ms);
  }
}

sockaddr* generic(sockaddr_un& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

class SpawnSettings {
 public:
  SpawnSettings(int stream, int complaints) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, stream, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, stream, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, complaints, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes_);
    // Our own blocked and ignored signals are not for it.
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }

  // 0, or the number of the error.
  int spawn(const std::vector<std::string>& arguments, pid_t& program) const {
    std::vector<char*> words;
    for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    return ::posix_spawnp(&program, words.front(), &actions_, &attributes_, words.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

ProgramDialer::~ProgramDialer() {
  for (const auto& [socket, program] : programs_) {
    ::close(socket);
    reap(program);
  }
}

int ProgramDialer::open(sockaddr& address, unsigned& length) {
  const std::scoped_lock lock(mutex_);
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // A name of the system's choice, which no file system has. Source: Linux unix(7), "Autobind feature".
  sockaddr_un any{};
  any.sun_family = AF_UNIX;
  sockaddr_un name{};
  socklen_t size = sizeof name;
  const bool listens = listener && ::bind(listener.get(), generic(any), sizeof any.sun_family) == 0 &&
                       ::listen(listener.get(), 8) == 0 && ::getsockname(listener.get(), generic(name), &size) == 0;
  const int socket = listens && size <= sizeof address ? ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
  if (socket < 0) {
    failure_ = std::strerror(errno);
    return -1;
  }
  std::memcpy(&address, &name, size);
  length = size;
  waiting_.insert_or_assign(socket, std::move(listener));
  return socket;
}

// Whoever knows the name may have connected to it; only a connection of this very process is served.
void ProgramDialer::start() {
  const std::scoped_lock lock(mutex_);
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const Descriptor other(::accept4(at->second.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool ours = other && ::getsockopt(other.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
                      peer.pid == ::getpid() && peer.uid == ::geteuid();
    if (ours) {
      start_on(at->first, other.get());
      at = waiting_.erase(at);
    } else if (!other) {
      ++at;
    }
  }
}

void ProgramDialer::start_on(int socket, int other_end) {
  if (!complaints_) {
    complaints_ = Descriptor(::memfd_create("complaints", MFD_CLOEXEC));
    ::fcntl(complaints_.get(), F_SETFL, O_APPEND);
  }
  pid_t program = -1;
  const int error = SpawnSettings(other_end, complaints_.get()).spawn(arguments_, program);
  failure_.clear();
  if (error == 0) programs_[socket] = program;
  if (error != 0)
    failure_ = error == ENOENT ? fmt::format("program '{}' was not found", arguments_.front()) : std::strerror(error);
}

void ProgramDialer::close(int socket) noexcept {
  pid_t program = -1;
  {
    const std::scoped_lock lock(mutex_);
    waiting_.erase(socket);
    const auto found = programs_.find(socket);
    if (found != programs_.end()) {
      program = found->second;
      programs_.erase(found);
    }
  }
  ::close(socket);
  if (program > 0) reap(program);
}

std::string ProgramDialer::said() const {
  const std::scoped_lock lock(mutex_);
  if (!failure_.empty()) return failure_;
  struct stat file {};
  if (!complaints_ || ::fstat(complaints_.get(), &file) != 0) return {};
  std::string text(static_cast<std::size_t>(std::min(file.st_size, most_said)), '\0');
  const auto count = ::pread(complaints_.get(), text.data(), text.size(), std::max<off_t>(file.st_size - most_said, 0));
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return std::string(trim(text));
}

}  // namespace saasctl::http
