#include "engine/logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/containers.hpp"

namespace saasctl::engine {
namespace {

constexpr std::size_t head_size = 8;
constexpr std::size_t max_line = std::size_t{1} << 20;

// Cuts a stream into lines. A line longer than the limit is given in pieces: a program that never ends its line must
// not fill the memory.
class LineCutter {
 public:
  LineCutter(Stream stream, const LogSink& sink) : stream_(stream), sink_(sink) {}

  bool feed(std::string_view bytes) {
    for (;;) {
      const auto end = bytes.find('\n');
      partial_ += bytes.substr(0, end);
      if (end == std::string_view::npos) return partial_.size() < max_line || flush();
      bytes.remove_prefix(end + 1);
      if (!flush()) return false;
    }
  }

  bool finish() { return partial_.empty() || flush(); }

 private:
  // The engine puts its timestamp and a space before each line.
  bool flush() {
    std::string_view text = partial_;
    const auto space = text.find(' ');
    const auto time = parse_timestamp(text.substr(0, space));
    if (time) text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    const bool go_on = sink_({.stream = stream_, .time = time, .text = text});
    partial_.clear();
    return go_on;
  }

  Stream stream_;
  const LogSink& sink_;
  std::string partial_;
};

Call logs_call(std::string_view container, const LogOptions& options) {
  Call call{.path = ApiPath("/containers") / container / "logs",
            .query = {{"stdout", "1"}, {"stderr", "1"}, {"timestamps", "1"}, {"follow", options.follow ? "1" : "0"}}};
  call.query.emplace_back("tail", options.tail ? std::to_string(*options.tail) : "all");
  if (options.since) call.query.emplace_back("since", unix_seconds(*options.since));
  if (options.until) call.query.emplace_back("until", unix_seconds(*options.until));
  call.timeout = options.timeout;
  if (!options.follow) call.idle_timeout = options.idle_timeout;
  return call;
}

}  // namespace

Result<void> Demultiplexer::feed(std::string_view bytes) {
  if (tty_) {
    sink_(Stream::standard_output, bytes);
    return {};
  }
  while (!bytes.empty()) {
    if (remaining_ > 0) {
      const auto payload = bytes.substr(0, remaining_);
      sink_(stream_, payload);
      remaining_ -= payload.size();
      bytes.remove_prefix(payload.size());
      continue;
    }
    const auto part = bytes.substr(0, head_size - head_.size());
    head_ += part;
    bytes.remove_prefix(part.size());
    if (head_.size() < head_size) return {};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(head_[i]); };
    if (byte(0) > 2 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) {
      return failure("the engine's output stream has a frame of an unknown kind");
    }
    stream_ = byte(0) == 2 ? Stream::standard_error : Stream::standard_output;
    remaining_ = std::size_t{byte(4)} << 24 | std::size_t{byte(5)} << 16 | std::size_t{byte(6)} << 8 | byte(7);
    head_.clear();
  }
  return {};
}

Result<void> read_logs(const Client& client, std::string_view container, const LogOptions& options, const LogSink& sink,
                       std::stop_token stop) {
  const auto inspected = inspect_container(client, container, stop);
  if (!inspected) return std::unexpected(inspected.error());

  std::array<LineCutter, 2> cutters{LineCutter(Stream::standard_output, sink),
                                    LineCutter(Stream::standard_error, sink)};
  bool go_on = true;
  Demultiplexer demultiplexer(inspected->tty, [&](Stream stream, std::string_view bytes) {
    if (go_on) go_on = cutters[stream == Stream::standard_error ? 1 : 0].feed(bytes);
  });
  Result<void> framing;
  auto call = logs_call(container, options);
  call.on_data = [&](std::string_view bytes) {
    framing = demultiplexer.feed(bytes);
    return framing && go_on;
  };
  const auto response = client.send(call, std::move(stop));
  if (!response) return std::unexpected(response.error());
  if (!framing) return framing;
  for (auto& cutter : cutters) go_on = go_on && cutter.finish();
  return {};
}

}  // namespace saasctl::engine
