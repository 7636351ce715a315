#include "common/runtime/healthcheck.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

namespace saasctl::services {

namespace {

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

bool connect_to(const Socket& socket, std::uint16_t port, timeval limit) {
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// Everything until the end of the stream: the request asks for Connection: close.
std::string read_all(const Socket& socket, std::chrono::steady_clock::time_point end) {
  constexpr std::size_t kEnough = 4096;
  std::string text;
  std::array<char, 1024> chunk{};
  while (text.size() < kEnough && std::chrono::steady_clock::now() < end) {
    const ssize_t size = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (size <= 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  return text;
}

}  // namespace

int healthcheck(std::uint16_t port, std::string_view path, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  const timeval timeout{limit.count() / 1000, limit.count() % 1000 * 1000};
  const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!connect_to(socket, port, timeout)) {
    std::printf("127.0.0.1:%u: %s\n", static_cast<unsigned>(port), std::strerror(errno));
    return 1;
  }
  const std::string request = "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const bool sent = ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) == std::ssize(request);
  const std::string answer = sent ? read_all(socket, end) : "";
  if (answer.starts_with("HTTP/1.1 200 ")) return 0;
  const std::size_t body = answer.find("\r\n\r\n");
  std::printf("%s: %s\n", std::string(path).c_str(),
              body == std::string::npos ? "no answer in time" : answer.substr(body + 4).c_str());
  return 1;
}

}  // namespace saasctl::services
