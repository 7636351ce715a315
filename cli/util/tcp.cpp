#include "util/tcp.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "util/wait.hpp"

namespace saasctl {
namespace {

class Socket {
 public:
  explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Result<Address> parse_address(const std::string& text, std::uint16_t port) {
  Address address;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.length = sizeof v4;
  } else if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.length = sizeof v6;
  } else {
    return failure(fmt::format("'{}' is no numeric address", text));
  }
  return address;
}

}  // namespace

Result<void> probe_tcp(const std::string& address, std::uint16_t port, std::chrono::milliseconds timeout,
                       std::chrono::milliseconds settle, std::stop_token stop) {
  const auto target = parse_address(address, port);
  if (!target) return std::unexpected(target.error());
  const Socket socket(target->storage.ss_family);
  if (socket.get() < 0) return failure(fmt::format("no socket: {}", std::strerror(errno)));
  const auto* where = reinterpret_cast<const sockaddr*>(&target->storage);
  const StopSignal signal(stop);
  if (::connect(socket.get(), where, target->length) != 0 && errno != EINPROGRESS) {
    return failure(fmt::format("{}:{}: {}", address, port, std::strerror(errno)));
  }
  if (auto ready = wait_ready(socket.get(), POLLOUT, deadline_after(timeout), signal); !ready) return ready;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return failure(fmt::format("{}:{}: {}", address, port, std::strerror(error)));
  if (settle <= std::chrono::milliseconds::zero()) return {};
  const auto quiet = wait_ready(socket.get(), POLLIN, deadline_after(settle), signal);
  if (!quiet) return quiet.error().fault == Fault::timeout ? Result<void>() : quiet;
  char byte = 0;
  if (::recv(socket.get(), &byte, 1, MSG_PEEK) > 0) return {};
  return failure(fmt::format("{}:{}: the connection was closed at once", address, port));
}

}  // namespace saasctl
