#include "commands/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace saasctl::commands {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  sigset_t window;
  sigemptyset(&window);
  sigaddset(&window, SIGWINCH);
  pthread_sigmask(SIG_BLOCK, &window, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  thread_ = std::jthread([this, set](const std::stop_token& stop) {
    const timespec moment{0, 100'000'000};
    while (!stop.stop_requested()) {
      const int signal = sigtimedwait(&set, nullptr, &moment);
      if (signal < 0) continue;
      if (received_ != 0) _exit(128 + signal);
      received_ = signal;
      source_.request_stop();
    }
  });
}

}  // namespace saasctl::commands
