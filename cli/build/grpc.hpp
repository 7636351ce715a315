// One gRPC call served by us, without a gRPC library.
// Source: gRPC over HTTP/2 (grpc/grpc doc/PROTOCOL-HTTP2.md): Length-Prefixed-Message, Status, Status-Message.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saasctl::build::grpc {

// Status codes of gRPC that we answer with (grpc/grpc doc/statuscodes.md).
enum class Code {
  ok = 0,
  invalid_argument = 3,
  not_found = 5,
  resource_exhausted = 8,
  unimplemented = 12,
  internal = 13
};

struct Status {
  Code code = Code::ok;
  std::string message = {};
};

// Request metadata in order; names in lower case, and a name may come more than once.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// Every value of `name` in order.
std::vector<std::string> values_of(const Metadata& metadata, std::string_view name);

// Puts a message into its five-byte frame. The payload is `head` followed by `body`, which saves copying a large body.
void append_frame(std::string& out, std::string_view head, std::string_view body = {});

// A status message as the header grpc-message takes it: percent-encoded outside of printable ASCII.
std::string encode_status_message(std::string_view message);

// Takes the bytes of a stream apart into messages; pieces may be cut anywhere.
class FrameReader {
 public:
  static constexpr std::size_t max_message = std::size_t{16} << 20;

  // Calls `sink` for each whole message. A frame that is compressed (unimplemented) or too large (resource_exhausted)
  // ends the reading; its status is not ok.
  Status feed(std::string_view bytes, const std::function<void(std::string_view)>& sink);

 private:
  std::string buffer_;
};

// The server's side of one call. The transport asks for output only when the peer takes some, so nothing piles up.
class Call {
 public:
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  virtual ~Call() = default;

  // One whole request message.
  virtual void on_message(std::string_view message) = 0;

  // The client sends no more.
  virtual void on_end() {}

  // Called when all output is taken and the call has not finished: send() the next messages, finish(), or neither when
  // there is nothing at present.
  virtual void produce() {}

  // For the transport: output not yet taken, and how to take it.
  std::string_view pending() const { return std::string_view(output_).substr(taken_); }
  void take(std::size_t count);
  bool finished() const { return finished_; }
  const Status& status() const { return status_; }

  // Whatever came before is still sent; further messages are ignored.
  void finish(Status status = {});

 protected:
  void send(std::string_view head, std::string_view body = {}) { append_frame(output_, head, body); }

 private:
  std::string output_;
  std::size_t taken_ = 0;
  bool finished_ = false;
  Status status_;
};

}  // namespace saasctl::build::grpc
