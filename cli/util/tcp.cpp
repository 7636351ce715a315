#include "util/tcp.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "util/curl_exchange.hpp"
#include "util/wait.hpp"

namespace saasctl {
namespace {

// libcurl finds the address, in a way that can be cancelled, and connects.
Result<int> connected(const http::detail::Handles& handles, const http::Request& request, std::stop_token stop) {
  std::array<char, CURL_ERROR_SIZE> said{};
  CURL* easy = handles.easy.get();
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, said.data());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_multi_add_handle(handles.multi.get(), easy);
  const auto code = http::detail::run_transfer(handles, std::move(stop));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  if (!code) return std::unexpected(code.error());
  if (*code != CURLE_OK)
    return std::unexpected(http::detail::transfer_failure(easy, *code, said.data(), request).error);
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
  if (socket == CURL_SOCKET_BAD) return failure(request.url + ": the connection was lost");
  return socket;
}

// Still open after `settle`, or it has sent something.
Result<void> stays_open(int socket, const std::string& where, std::chrono::milliseconds settle, std::stop_token stop) {
  if (settle <= std::chrono::milliseconds::zero()) return {};
  const StopSignal signal(std::move(stop));
  const auto quiet = wait_ready(socket, POLLIN, deadline_after(settle), signal);
  if (!quiet) return quiet.error().kind == ErrorKind::timeout ? Result<void>() : quiet;
  char byte = 0;
  if (::recv(socket, &byte, 1, MSG_PEEK) > 0) return {};
  return failure(where + ": the connection was closed at once");
}

}  // namespace

Result<void> probe_tcp(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                       std::chrono::milliseconds settle, std::stop_token stop) {
  const auto where = fmt::format("{}:{}", http::url_host(host), port);
  http::Request request;
  request.method = "connect to";
  request.url = "http://" + where;
  request.connect_timeout = timeout;
  http::detail::Handles handles;
  if (auto applied = http::detail::apply_connection_options(handles, request); !applied)
    return std::unexpected(applied.error());
  const auto socket = connected(handles, request, stop);
  auto result = socket ? stays_open(*socket, where, settle, std::move(stop)) : std::unexpected(socket.error());
  curl_multi_remove_handle(handles.multi.get(), handles.easy.get());
  return result;
}

}  // namespace saasctl
