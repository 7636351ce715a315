// What containers write. Source: Docker Engine API 1.41, GET /containers/{id}/logs and "Stream format" of
// POST /containers/{id}/attach.
#pragma once

#include <chrono>
#include <functional>
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

  Demultiplexer(bool tty, Sink sink) : tty_(tty), sink_(std::move(sink)) {}

  // Errors: failed for a head that is none (unknown stream).
  Result<void> feed(std::string_view bytes);

 private:
  bool tty_;
  Sink sink_;
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

// Calls `sink` for each line on the calling thread; the last one may lack a line end. Returns at the end of the log,
// with `follow` at the end of the container. Errors of Client::send: timeout when the engine is silent for too long;
// interrupted when the token is set.
Result<void> read_logs(const Client& client, std::string_view container, const LogOptions& options, const LogSink& sink,
                       std::stop_token stop);

}  // namespace saasctl::engine
