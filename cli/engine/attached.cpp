#include "engine/attached.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/logs.hpp"
#include "util/wait.hpp"

namespace saasctl::engine {
namespace {

using namespace std::chrono_literals;

// What a pipe takes without blocking once poll(2) says so. Source: POSIX.1-2017, write(): PIPE_BUF.
constexpr std::size_t piece = 4096;

Result<void> write_out(int descriptor, std::string_view bytes, const StopSignal& stop) {
  while (!bytes.empty()) {
    if (auto ready = wait_ready(descriptor, POLLOUT, std::nullopt, stop); !ready) return ready;
    const auto written = ::write(descriptor, bytes.data(), std::min(bytes.size(), piece));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) return failure(fmt::format("cannot write the command's output: {}", std::strerror(errno)));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

class Carrier {
 public:
  Carrier(http::Upgraded& connection, const AttachedStreams& streams, std::stop_token stop)
      : connection_(connection),
        streams_(streams),
        stop_(std::move(stop)),
        demultiplexer_(streams.tty, [this](Stream stream, std::string_view bytes) { take(stream, bytes); }),
        input_open_(streams.input >= 0),
        resize_due_(static_cast<bool>(streams.resize)) {}

  Result<void> run() {
    for (;;) {
      const auto open = receive();
      if (!open) return std::unexpected(open.error());
      if (!*open) return {};
      send();
      if (resize_due_) resize();
      if (auto waited = wait(); !waited) return waited;
    }
  }

 private:
  void take(Stream stream, std::string_view bytes) {
    if (!outcome_) return;
    outcome_ = write_out(stream == Stream::standard_error ? streams_.error : streams_.output, bytes, stop_);
  }

  // What is there, up to a limit: a flood of output must not keep the input waiting. False at the end.
  Result<bool> receive() {
    constexpr int most_pieces = 16;
    more_output_ = false;
    for (int i = 0; i < most_pieces; ++i) {
      const auto count = connection_.read(buffer_);
      if (!count) return std::unexpected(count.error());
      if (!*count) return true;
      if (**count == 0) return false;
      if (auto fed = demultiplexer_.feed({buffer_.data(), **count}); !fed) return std::unexpected(fed.error());
      if (!outcome_) return std::unexpected(outcome_.error());
    }
    more_output_ = true;
    return true;
  }

  // A program that has ended takes no more input, which is its own affair: its output is read to the end all the same.
  void send() {
    while (!pending_.empty()) {
      const auto written = connection_.write(pending_);
      if (!written) return end_input();
      if (*written == 0) return;
      pending_.erase(0, *written);
    }
    if (!input_open_ && !finished_ && streams_.input >= 0) {
      finished_ = true;
      static_cast<void>(connection_.finish_writing());
    }
  }

  void end_input() {
    input_open_ = false;
    finished_ = true;
    pending_.clear();
  }

  void read_input() {
    const auto count = ::read(streams_.input, buffer_.data(), buffer_.size());
    if (count > 0) pending_.assign(buffer_.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) input_open_ = false;
  }

  // The program may not have begun: the engine refuses then, and is asked again.
  void resize() {
    constexpr int most_tries = 12;
    resize_due_ = !streams_.resize() && ++resize_tries_ < most_tries;
  }

  void window_changed() {
    std::array<char, 1024> dropped;
    [[maybe_unused]] const auto count = ::read(streams_.size_changes, dropped.data(), dropped.size());
    resize_due_ = static_cast<bool>(streams_.resize);
    resize_tries_ = 0;
  }

  Result<void> wait() {
    const bool more_input = input_open_ && pending_.empty();
    const auto connection_events = static_cast<short>(pending_.empty() ? POLLIN : POLLIN | POLLOUT);
    std::array<pollfd, 4> entries{
        pollfd{connection_.descriptor(), connection_events, 0}, pollfd{stop_.descriptor(), POLLIN, 0},
        pollfd{more_input ? streams_.input : -1, POLLIN, 0}, pollfd{streams_.size_changes, POLLIN, 0}};
    const int limit = more_output_ ? 0 : resize_due_ ? 5 << std::min(resize_tries_, 5) : -1;
    if (::poll(entries.data(), entries.size(), limit) < 0 && errno != EINTR) {
      return failure(fmt::format("cannot wait: {}", std::strerror(errno)));
    }
    if (stop_.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    if (entries[2].revents != 0) read_input();
    if (entries[3].revents != 0) window_changed();
    return {};
  }

  http::Upgraded& connection_;
  const AttachedStreams& streams_;
  StopSignal stop_;
  Demultiplexer demultiplexer_;
  std::array<char, 32 * 1024> buffer_{};
  std::string pending_;  // input that the connection has not taken yet
  bool input_open_;
  bool finished_ = false;  // the peer knows that the input has ended
  bool more_output_ = false;
  bool resize_due_;
  int resize_tries_ = 0;
  Result<void> outcome_;
};

}  // namespace

Result<void> carry_streams(http::Upgraded& connection, const AttachedStreams& streams, std::stop_token stop) {
  return Carrier(connection, streams, std::move(stop)).run();
}

Result<http::Upgraded> attach_container(const Client& client, std::string_view container, bool input,
                                        std::stop_token stop) {
  const Call call{.method = "POST",
                  .path = ApiPath("/containers") / container / "attach",
                  .query = {{"stream", "1"}, {"stdout", "1"}, {"stderr", "1"}, {"stdin", input ? "1" : "0"}}};
  return client.upgrade(call, "tcp", std::move(stop));
}

Result<void> resize_container(const Client& client, std::string_view container, unsigned rows, unsigned columns,
                              std::stop_token stop) {
  return client.send_only({.method = "POST",
                           .path = ApiPath("/containers") / container / "resize",
                           .query = {{"h", std::to_string(rows)}, {"w", std::to_string(columns)}}},
                          std::move(stop));
}

}  // namespace saasctl::engine
