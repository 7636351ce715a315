// The server's side of an HTTP/2 connection that carries gRPC calls: bytes in, bytes out, no I/O of its own.
// Source: RFC 9113; gRPC over HTTP/2 (grpc/grpc doc/PROTOCOL-HTTP2.md).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "build/grpc.hpp"
#include "util/result.hpp"

namespace saasctl::build::grpc {

// One thread at a time.
class Http2Server {
 public:
  // The call that serves `path` ("/package.Service/Method"); null is answered "unimplemented".
  using Router = std::function<std::unique_ptr<Call>(std::string_view path, const Metadata& metadata)>;

  explicit Http2Server(Router router);
  Http2Server(Http2Server&&) noexcept;
  Http2Server& operator=(Http2Server&&) noexcept;
  ~Http2Server();

  // Takes bytes of the client. Error: failed when they are not HTTP/2; the connection is then of no more use.
  Result<void> receive(std::string_view bytes);

  // Appends what is to be sent until `out` has `limit` bytes or more, calls have taken long to find it, or there is
  // nothing left for now (then nothing is appended).
  Result<void> collect(std::string& out, std::size_t limit);

  // Asks every call that had nothing to send again.
  void resume();

  // Says goodbye: what is collected after it ends the connection.
  void terminate();

  // False once neither side has anything left to say.
  bool alive() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saasctl::build::grpc
