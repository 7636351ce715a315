// A connection taken over from HTTP/1.1 by an Upgrade (RFC 9110 section 7.8), as the Engine does for /session and
// /grpc.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>

#include "util/http.hpp"
#include "util/result.hpp"

namespace saasctl::http {

// The raw byte stream after the answer's head. Closes on destruction. Reads and writes never block; wait with poll(2)
// on descriptor(). One thread at a time.
class Upgraded {
 public:
  struct Answer;

  // Sends `request` (its upload and callbacks are not used) with `Connection: Upgrade` and `Upgrade: protocol`
  // and reads the answer's head, not a byte more. Errors as Client::exchange.
  static std::expected<Answer, TransferError> open(const Request& request, std::string_view protocol,
                                                   std::stop_token stop);

  Upgraded(Upgraded&&) noexcept;
  Upgraded& operator=(Upgraded&&) noexcept;
  ~Upgraded();

  // How many bytes came: 0 when the peer has closed, nothing when none are there yet.
  Result<std::optional<std::size_t>> read(std::span<char> buffer);

  // How many bytes were taken: 0 when the connection takes none at present.
  Result<std::size_t> write(std::string_view bytes);

  // Tells the peer that nothing more will be written (TLS: close_notify, RFC 8446 section 6.1); reading goes on. To be
  // called when everything written was taken. Error failed: the connection is gone.
  Result<void> finish_writing();

  // For poll(2) only. A TLS connection may hold bytes it has read already: read() until nothing before polling.
  int descriptor() const;

 private:
  class Connection;
  explicit Upgraded(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

// `connection` is there when the status is 101 or 200; otherwise the response has the refusal's body.
struct Upgraded::Answer {
  Response response;
  std::optional<Upgraded> connection;
};

}  // namespace saasctl::http
