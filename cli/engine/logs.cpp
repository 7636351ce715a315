#include "engine/logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/containers.hpp"

namespace saasctl::engine {
namespace {

constexpr std::size_t head_size = 8;
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
    if (on_frame_) on_frame_(stream_);
  }
  return {};
}

// Takes a stream of messages apart. The engine writes a time and a space before each message. A message is a line, or a
// part of one that is too long: all parts but the last have the same size and lack the line's end. The last part has
// it, except with Docker's driver `local`.
class LogReader::Lines {
 public:
  Lines(Stream stream, bool tty, Parts parts, const LogSink& sink)
      : stream_(stream), tty_(tty), parts_(parts), sink_(sink) {}

  // A frame is a message. With a terminal there are no frames: the size tells where a part ends.
  bool begin_message() {
    end_head();
    if (in_line_ && parts_ == Parts::full && in_part_ < part_size) end_line();
    in_head_ = true;
    return !stopped_;
  }

  bool feed(std::string_view bytes) {
    while (!bytes.empty() && !stopped_) {
      bytes.remove_prefix(in_head_ ? take_head(bytes) : take_text(bytes));
      if (!bytes.empty() && bytes.front() == '\n' && !in_head_) {
        bytes.remove_prefix(1);
        end_line();
      } else if (text_.size() >= max_line) {
        // A line without an end must not fill the memory.
        cut_ = true;
        give(text_);
      }
    }
    return !stopped_;
  }

  bool finish() {
    end_head();
    if (in_line_) end_line();
    return !stopped_;
  }

 private:
  static constexpr std::size_t max_line = std::size_t{1} << 20;
  static constexpr std::size_t part_size = std::size_t{16} << 10;  // Source: moby, daemon/logger/copier.go
  static constexpr std::size_t longest_head = 40;

  // Up to the space behind the time; a line's end before it ends the head, too.
  std::size_t take_head(std::string_view bytes) {
    auto most = longest_head - head_.size();
    if (after_return_) most = std::min(most, part_size - in_part_ - head_.size());
    const auto end = std::min(bytes.find_first_of(" \n"), bytes.size());
    const auto count = std::min(end, most);
    head_ += bytes.substr(0, count);
    const bool space = count == end && end < bytes.size() && bytes[end] == ' ';
    if (space) head_ += ' ';
    if (count == most || end < bytes.size()) end_head();
    return count + (space ? 1 : 0);
  }

  // The time of a line is that of its first part. What is not a time belongs to the text.
  void end_head() {
    if (!in_head_) return;
    in_head_ = false;
    const auto head = std::exchange(head_, {});
    const bool after_return = std::exchange(after_return_, false);
    if (!after_return) in_part_ = 0;
    if (head.empty()) return;
    const auto time = parse_timestamp(std::string_view(head).substr(0, head.find(' ')));
    if (!time) return add(head);
    if (after_return) end_line();
    if (!in_line_) time_ = time;
    in_head_ = false;
    in_line_ = true;
    in_part_ = 0;
  }

  std::size_t take_text(std::string_view bytes) {
    auto count = std::min(bytes.find('\n'), bytes.size());
    if (tty_) count = std::min(count, part_size - in_part_);
    // A terminal ends lines with \r\n, of which `local` leaves out the \n of a line in parts: the next time may follow.
    const auto to_return = full_parts_ > 0 ? bytes.find('\r') : std::string_view::npos;
    const bool at_return = to_return < count;
    if (at_return) count = to_return + 1;
    add(bytes.substr(0, count));
    if (at_return && !in_head_) in_head_ = after_return_ = true;
    return count;
  }

  void add(std::string_view text) {
    text_ += text;
    in_line_ = true;
    in_part_ += text.size();
    if (!tty_ || in_part_ < part_size) return;
    ++full_parts_;
    in_head_ = true;
  }

  void end_line() {
    std::string_view text = text_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!cut_ || !text.empty()) give(text);
    text_.clear();
    time_.reset();
    in_head_ = true;
    after_return_ = in_line_ = cut_ = false;
    in_part_ = full_parts_ = 0;
  }

  void give(std::string_view text) {
    if (!stopped_) stopped_ = !sink_({.stream = stream_, .time = time_, .text = text});
    text_.clear();
  }

  Stream stream_;
  bool tty_;
  Parts parts_;
  const LogSink& sink_;
  std::string head_;
  std::string text_;
  std::optional<Timestamp> time_;
  std::size_t in_part_ = 0;     // bytes of text since the last time
  std::size_t full_parts_ = 0;  // of the line, with a terminal
  bool in_head_ = true;
  bool after_return_ = false;  // the head may as well be text of the same part
  bool in_line_ = false;       // something of the line has been read
  bool cut_ = false;           // some of the line has been given already
  bool stopped_ = false;       // by the sink
};

LogReader::LogReader(bool tty, LogSink sink, Parts parts)
    : sink_(std::move(sink)),
      lines_{std::make_unique<Lines>(Stream::standard_output, tty, parts, sink_),
             std::make_unique<Lines>(Stream::standard_error, tty, parts, sink_)},
      frames_(
          tty,
          [this](Stream stream, std::string_view bytes) {
            if (wants_more_) wants_more_ = lines_of(stream).feed(bytes);
          },
          [this](Stream stream) {
            if (wants_more_) wants_more_ = lines_of(stream).begin_message();
          }) {}

LogReader::~LogReader() = default;

LogReader::Lines& LogReader::lines_of(Stream stream) {
  return *lines_.at(stream == Stream::standard_error ? 1 : 0);
}

Result<void> LogReader::feed(std::string_view bytes) {
  return frames_.feed(bytes);
}

void LogReader::finish() {
  for (const auto& lines : lines_) wants_more_ = wants_more_ && lines->finish();
}

Result<void> read_logs(const Client& client, std::string_view container, const LogOptions& options, const LogSink& sink,
                       std::stop_token stop) {
  const auto inspected = inspect_container(client, container, stop);
  if (!inspected) return std::unexpected(inspected.error());

  LogReader reader(inspected->tty, sink, client.is_podman() ? LogReader::Parts::any : LogReader::Parts::full);
  Result<void> framing;
  auto call = logs_call(container, options);
  call.on_data = [&](std::string_view bytes) {
    framing = reader.feed(bytes);
    return framing && reader.wants_more();
  };
  const auto response = client.send(call, std::move(stop));
  if (!response) return std::unexpected(response.error());
  if (!framing) return framing;
  reader.finish();
  return {};
}

}  // namespace saasctl::engine
