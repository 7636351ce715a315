// What containers write. Source: Docker Engine API 1.41, GET /containers/{id}/logs and "Stream format" of
// POST /containers/{id}/attach.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/client.hpp"
#include "engine/time.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

enum class Stream { standard_output, standard_error };

// Splits the Engine's multiplexed stream: frames of an 8-byte head (stream, three zero bytes, big-endian length) and a
// payload. With a terminal there are no frames and everything is standard output. Pure; pieces may be cut anywhere.
class Demultiplexer {
 public:
  using Sink = std::function<void(Stream, std::string_view)>;

  using OnFrame = std::function<void(Stream)>;  // at the head of each frame, before its payload

  Demultiplexer(bool tty, Sink sink, OnFrame on_frame = {})
      : tty_(tty), sink_(std::move(sink)), on_frame_(std::move(on_frame)) {}

  // Errors: failed for a head that is none (unknown stream).
  Result<void> feed(std::string_view bytes);

 private:
  bool tty_;
  Sink sink_;
  OnFrame on_frame_;
  std::string head_;
  Stream stream_ = Stream::standard_output;
  std::size_t remaining_ = 0;
};

struct LogOptions {
  bool follow = false;
  std::optional<unsigned> tail = std::nullopt;  // lines; nothing: all
  std::optional<Timestamp> since = std::nullopt;
  std::optional<Timestamp> until = std::nullopt;
  std::chrono::milliseconds timeout{0};  // 0: none, whoever reads may take their time, in a pager for example
  std::chrono::milliseconds idle_timeout = most_silence;  // without `follow` only: a log has no pauses of its own
};

struct LogLine {
  Stream stream;
  std::optional<Timestamp> time;  // when the engine read it
  std::string_view text;          // without the line end; valid during the call only
};

// Returning false ends the reading.
using LogSink = std::function<bool(const LogLine&)>;

// Takes a log with timestamps apart into lines. The engine cuts a line of more than 16 KiB into messages that each
// begin with a time: they are one line again here, with the time of the first. A line of more than 1 MiB is given in
// pieces. Pure; the bytes may be cut anywhere. Source: moby, daemon/logger/copier.go,
// api/server/httputils/write_log_stream.go.
class LogReader {
 public:
  // Which messages without a line's end go on in the next one.
  enum class Parts {
    full,  // those of 16 KiB: a shorter one is the last of its line, as Docker's drivers write it
    any,   // all: Podman's parts are of any size
  };

  // `tty`: the container has a terminal, so that there are no frames.
  LogReader(bool tty, LogSink sink, Parts parts = Parts::full);
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;
  ~LogReader();

  // Errors of Demultiplexer::feed.
  Result<void> feed(std::string_view bytes);
  // At the end of the log: gives the last line when it lacks its end.
  void finish();
  // False once the sink has returned false; it is not called again then.
  bool wants_more() const { return wants_more_; }

 private:
  class Lines;
  Lines& lines_of(Stream stream);

  LogSink sink_;
  std::array<std::unique_ptr<Lines>, 2> lines_;  // by stream
  Demultiplexer frames_;
  bool wants_more_ = true;
};

// Calls `sink` for each line on the calling thread; the last one may lack a line end. Returns at the end of the log,
// with `follow` at the end of the container. Errors of Client::send: timeout when the engine is silent for too long;
// interrupted when the token is set.
Result<void> read_logs(const Client& client, std::string_view container, const LogOptions& options, const LogSink& sink,
                       std::stop_token stop);

}  // namespace saasctl::engine
