#include "terminal/raw_mode.hpp"

#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace saasctl::terminal {

std::optional<WindowSize> window_size(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return std::nullopt;
  return WindowSize{size.ws_row, size.ws_col};
}

RawMode::RawMode(int descriptor, std::stop_token stop) : descriptor_(descriptor) {
  termios mode{};
  if (::tcgetattr(descriptor_, &mode) != 0) return;
  earlier_ = mode;
  ::cfmakeraw(&mode);
  ::tcsetattr(descriptor_, TCSANOW, &mode);
  callback_.emplace(std::move(stop), Restore{this});
}

RawMode::~RawMode() {
  callback_.reset();
  restore();
}

void RawMode::restore() noexcept {
  const std::scoped_lock lock(mutex_);
  if (!earlier_) return;
  ::tcsetattr(descriptor_, TCSANOW, &*earlier_);
  earlier_.reset();
}

SizeChanges::SizeChanges() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGWINCH);
  descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

SizeChanges::~SizeChanges() {
  ::close(descriptor_);
}

}  // namespace saasctl::terminal
