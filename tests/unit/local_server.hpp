// A server for tests: one thread, one connection at a time, answers as the test says.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace saasctl::test {

class LocalServer {
 public:
  // Takes the request's head (and what of the body came with it) and may write to the connection; the connection is
  // closed when it returns.
  using Handler = std::function<void(int connection, const std::string& request, std::stop_token)>;

  explicit LocalServer(Handler handler) : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 16) != 0) throw std::runtime_error("listen");
    ::getsockname(listener_, generic, &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { serve(stop); });
  }

  LocalServer(const std::filesystem::path& path, Handler handler)
      : handler_(std::move(handler)), listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 16) != 0) {
      throw std::runtime_error("listen");
    }
    thread_ = std::jthread([this](std::stop_token stop) { serve(stop); });
  }

  ~LocalServer() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }

  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }

  static void write(int connection, std::string_view text) {
    while (!text.empty()) {
      const auto count = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  static std::string answer(std::string_view status, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\nX-Test: Yes\r\n\r\n" + std::string(body);
  }

  // Blocks until the peer closes or the test ends.
  static void hold(int connection, std::stop_token stop) {
    char byte = 0;
    while (!stop.stop_requested()) {
      pollfd entry{connection, POLLIN, 0};
      if (::poll(&entry, 1, 5) > 0 && ::recv(connection, &byte, 1, 0) <= 0) return;
    }
  }

 private:
  void serve(std::stop_token stop) {
    while (!stop.stop_requested()) {
      pollfd entry{listener_, POLLIN, 0};
      if (::poll(&entry, 1, 5) <= 0) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      std::string request;
      std::array<char, 4096> buffer{};
      while (request.find("\r\n\r\n") == std::string::npos) {
        const auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (count <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(count));
      }
      handler_(connection, request, stop);
      ::close(connection);
    }
  }

  Handler handler_;
  int listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace saasctl::test
