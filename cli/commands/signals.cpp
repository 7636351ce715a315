#include "commands/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <system_error>
#include <utility>

#include "util/wait.hpp"

namespace saasctl::commands {
namespace {

// With an engine that hangs, nobody can clean up.
constexpr std::chrono::seconds longest_hold{15};

// SIGINT, SIGTERM and SIGHUP, blocked in this thread and those it makes.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A thread of a terminal's own asks for these, see commands/terminal users: every thread leaves them alone.
  sigset_t window;
  sigemptyset(&window);
  sigaddset(&window, SIGWINCH);
  pthread_sigmask(SIG_BLOCK, &window, nullptr);
  return set;
}

}  // namespace

Signals::Signals() {
  const auto set = block_signals();
  std::signal(SIGPIPE, SIG_IGN);
  const int descriptor = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  // Made here, where somebody catches it when there are no descriptors left.
  auto ended = std::make_shared<StopSignal>(std::stop_token());
  thread_ = std::jthread([this, descriptor, ended = std::move(ended)](const std::stop_token& stop) {
    // Ends at once when it is no longer needed: nobody waits for the end of a process.
    const std::stop_callback wake(stop, [&ended] { ended->wake(); });
    serve(descriptor, *ended, stop);
  });
}

void Signals::serve(int descriptor, const StopSignal& ended, const std::stop_token& stop) {
  while (wait_ready(descriptor, POLLIN, {}, ended)) {
    signalfd_siginfo info{};
    if (::read(descriptor, &info, sizeof info) != sizeof info) continue;
    const auto signal = static_cast<int>(info.ssi_signo);
    if (received_ == 0) {
      received_ = signal;
      source_.request_stop();
      continue;
    }
    urgent_.request_stop();
    await_release(stop);
    if (!stop.stop_requested()) _exit(128 + signal);
  }
  ::close(descriptor);
}

void Signals::await_release(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  released_.wait_for(lock, stop, longest_hold, [this] { return holds_ == 0; });
}

Signals::Hold::Hold(const Signals* signals) : signals_(signals) {
  if (!signals_) return;
  const std::scoped_lock lock(signals_->mutex_);
  ++signals_->holds_;
}

Signals::Hold::~Hold() {
  if (!signals_) return;
  const std::scoped_lock lock(signals_->mutex_);
  --signals_->holds_;
  signals_->released_.notify_all();
}

}  // namespace saasctl::commands
