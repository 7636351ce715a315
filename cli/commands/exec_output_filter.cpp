#include "commands/exec_output_filter.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "util/text.hpp"
#include "util/wait.hpp"

namespace saasctl::commands {
namespace {

constexpr std::size_t longest_reason = 4096;
constexpr std::string_view left = "exec attach failed: error on attach stdin: read escape sequence";

// Where the part begins that may be what Docker says at the end.
std::size_t begin_of_left(std::string_view text) {
  const auto at = text.rfind(left);
  return at != std::string_view::npos && is_detach_message(text.substr(at)) ? at : text.size();
}

}  // namespace

bool may_be_start_failure(std::string_view text) {
  constexpr std::array<std::string_view, 3> beginnings{"OCI runtime exec failed: ", "unable to find user ",
                                                       "unable to find group "};
  return text.size() <= longest_reason && std::ranges::any_of(beginnings, [&](std::string_view beginning) {
           return text.starts_with(beginning) || beginning.starts_with(text);
         });
}

bool is_detach_message(std::string_view text) {
  return text.starts_with(left) && trim(text).size() == left.size();
}

ExecOutputFilter::ExecOutputFilter(std::stop_token stop) : stop_(std::move(stop)) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  read_end_ = Descriptor(ends[0]);
  write_end_ = Descriptor(ends[1]);
  thread_ = std::jthread([this] { copy(); });
}

ExecOutputFilter::~ExecOutputFilter() {
  finish();
}

std::string ExecOutputFilter::finish() {
  write_end_.close();
  if (thread_.joinable()) thread_.join();
  return std::move(held_);
}

void ExecOutputFilter::copy() {
  std::array<char, 32 * 1024> buffer;
  for (;;) {
    const auto count = ::read(read_end_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    held_.append(buffer.data(), static_cast<std::size_t>(count));
    if (holding_ && may_be_start_failure(held_)) continue;
    holding_ = false;
    const auto ready = begin_of_left(held_);
    const bool written = write(std::string_view(held_).substr(0, ready));
    held_.erase(0, ready);
    if (written) continue;
    read_end_.close();  // who writes to us learns of it
    return;
  }
}

bool ExecOutputFilter::write(std::string_view bytes) const {
  constexpr std::size_t piece = 4096;  // what a pipe takes without blocking once it is ready: PIPE_BUF
  const StopSignal stop(stop_);
  while (!bytes.empty()) {
    if (!wait_ready(STDOUT_FILENO, POLLOUT, std::nullopt, stop)) return false;
    const auto count = ::write(STDOUT_FILENO, bytes.data(), std::min(bytes.size(), piece));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace saasctl::commands
