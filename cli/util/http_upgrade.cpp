#include "util/http_upgrade.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "util/curl_exchange.hpp"
#include "util/digest.hpp"
#include "util/text.hpp"
#include "util/wait.hpp"

namespace saasctl::http {

// libcurl connects (unix socket, TCP or TLS) and then only carries bytes.
class Upgraded::Connection {
 public:
  ~Connection() { curl_multi_remove_handle(handles_.multi.get(), handles_.easy.get()); }

  std::expected<void, TransferError> connect(const Request& request, std::stop_token stop);
  Result<std::optional<std::size_t>> read(std::span<char> buffer);
  Result<std::size_t> write(std::string_view bytes);
  Result<void> finish_writing();
  int descriptor() const { return descriptor_; }

 private:
  detail::Handles handles_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  int descriptor_ = -1;
};

std::expected<void, TransferError> Upgraded::Connection::connect(const Request& request, std::stop_token stop) {
  CURL* easy = handles_.easy.get();
  if (auto applied = detail::apply_connection_options(handles_, request); !applied)
    return std::unexpected(TransferError{applied.error()});
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_multi_add_handle(handles_.multi.get(), easy);
  const auto code = detail::run_transfer(handles_, std::move(stop));
  if (!code) return std::unexpected(TransferError{code.error(), Stage::caller});
  if (*code != CURLE_OK) {
    return std::unexpected(detail::transfer_failure(easy, *code, error_text_.data(), request));
  }
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK || socket == CURL_SOCKET_BAD) {
    return std::unexpected(TransferError{{ErrorKind::failed, detail::describe(request) + ": the connection was lost"},
                                         Stage::connecting,
                                         "the connection was lost"});
  }
  descriptor_ = socket;
  return {};
}

Result<std::optional<std::size_t>> Upgraded::Connection::read(std::span<char> buffer) {
  std::size_t count = 0;
  const auto code = curl_easy_recv(handles_.easy.get(), buffer.data(), buffer.size(), &count);
  if (code == CURLE_OK) return count;
  if (code == CURLE_AGAIN) return std::nullopt;
  return failure(fmt::format("cannot read from the connection: {}", curl_easy_strerror(code)));
}

Result<std::size_t> Upgraded::Connection::write(std::string_view bytes) {
  std::size_t count = 0;
  const auto code = curl_easy_send(handles_.easy.get(), bytes.data(), bytes.size(), &count);
  if (code == CURLE_OK || code == CURLE_AGAIN) return count;
  return failure(fmt::format("cannot write to the connection: {}", curl_easy_strerror(code)));
}

Result<void> Upgraded::Connection::finish_writing() {
  const curl_tlssessioninfo* tls = nullptr;
  curl_easy_getinfo(handles_.easy.get(), CURLINFO_TLS_SSL_PTR, &tls);
  if (tls != nullptr && tls->internals != nullptr && tls->backend == CURLSSLBACKEND_OPENSSL) {
    if (::SSL_shutdown(static_cast<SSL*>(tls->internals)) >= 0) return {};
    return failure("cannot end the input of the TLS connection");
  }
  if (::shutdown(descriptor_, SHUT_WR) == 0) return {};
  return failure(fmt::format("cannot end the input of the connection: {}", std::strerror(errno)));
}

namespace {

constexpr std::size_t max_head = 64 * 1024;

// Host and port of the URL, and what stands before its '@'. Source: RFC 3986, section 3.2.
struct Authority {
  std::string_view user;  // "name:password"
  std::string_view host;
};

Authority authority(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  url = url.substr(0, url.find('/'));
  const auto at = url.rfind('@');
  if (at == std::string_view::npos) return {{}, url};
  return {url.substr(0, at), url.substr(at + 1)};
}

std::string_view target(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  const auto slash = url.find('/');
  return slash == std::string_view::npos ? "/" : url.substr(slash);
}

std::string request_head(const Request& request, std::string_view protocol) {
  const auto [user, host] = authority(request.url);
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: {}\r\nContent-Length: {}\r\n",
                  request.method, target(request.url), host, protocol, request.body.size());
  if (!user.empty()) head += fmt::format("Authorization: Basic {}\r\n", base64_encode(user));
  for (const auto& [name, value] : request.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head + "\r\n";
}

Result<void> write_all(Upgraded& connection, std::string_view bytes, const Deadline& deadline, const StopSignal& stop) {
  while (!bytes.empty()) {
    const auto written = connection.write(bytes);
    if (!written) return std::unexpected(written.error());
    bytes.remove_prefix(*written);
    if (*written > 0) continue;
    if (auto ready = wait_ready(connection.descriptor(), POLLOUT, deadline, stop); !ready) return ready;
  }
  return {};
}

// Blocks for at least one byte; 0 at the end of the stream.
Result<std::size_t> read_some(Upgraded& connection, std::span<char> buffer, const Deadline& deadline,
                              const StopSignal& stop) {
  for (;;) {
    const auto count = connection.read(buffer);
    if (!count) return std::unexpected(count.error());
    if (*count) return **count;
    if (auto ready = wait_ready(connection.descriptor(), POLLIN, deadline, stop); !ready) {
      return std::unexpected(ready.error());
    }
  }
}

// Byte by byte: what follows the head belongs to the new protocol.
Result<std::string> read_head(Upgraded& connection, const Deadline& deadline, const StopSignal& stop) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char byte = 0;
    const auto count = read_some(connection, std::span(&byte, 1), deadline, stop);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return failure("the connection was closed before an answer came");
    if (head.size() == max_head) return failure(fmt::format("the answer's head is larger than {} bytes", max_head));
    head += byte;
  }
  return head;
}

Response parse_head(std::string_view head) {
  Response response;
  for (const auto& raw : split(head, '\n')) {
    const auto line = trim(raw);
    const auto colon = line.find(':');
    if (response.status == 0) {
      const auto words = split(line, ' ');
      response.status = words.size() > 1 ? static_cast<int>(parse_integer(words[1]).value_or(-1)) : -1;
    } else if (colon != std::string_view::npos) {
      response.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
    }
  }
  return response;
}

// Refusals of the Engine are short and carry their length; without a length the peer's close ends the body.
Result<void> read_refusal(Upgraded& connection, Response& response, const Deadline& deadline, const StopSignal& stop) {
  const auto length = parse_integer(response.header("Content-Length").value_or("")).value_or(max_head);
  const auto wanted = std::min<std::size_t>(static_cast<std::size_t>(length), max_head);
  std::array<char, 4096> buffer{};
  while (response.body.size() < wanted) {
    const auto part = std::span(buffer).first(std::min(buffer.size(), wanted - response.body.size()));
    const auto count = read_some(connection, part, deadline, stop);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) break;
    response.body.append(buffer.data(), *count);
  }
  return {};
}

std::unexpected<TransferError> broken(Error error, const Request& request) {
  if (error.kind == ErrorKind::interrupted) return std::unexpected(TransferError{std::move(error), Stage::caller});
  auto reason = error.message;
  error.message = detail::describe(request) + ": " + reason;
  return std::unexpected(TransferError{std::move(error), Stage::transferring, std::move(reason)});
}

}  // namespace

Upgraded::Upgraded(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Upgraded::Upgraded(Upgraded&&) noexcept = default;
Upgraded& Upgraded::operator=(Upgraded&&) noexcept = default;
Upgraded::~Upgraded() = default;

std::expected<Upgraded::Answer, TransferError> Upgraded::open(const Request& request, std::string_view protocol,
                                                              std::stop_token stop) {
  if (auto sound = detail::check_request(request); !sound) return std::unexpected(TransferError{sound.error()});
  auto raw = std::make_unique<Connection>();
  if (auto connected = raw->connect(request, stop); !connected) return std::unexpected(connected.error());
  Upgraded connection(std::move(raw));
  const StopSignal signal(stop);
  const auto deadline = deadline_after(request.timeout);

  auto sent = write_all(connection, request_head(request, protocol) + request.body, deadline, signal);
  if (!sent) return broken(std::move(sent.error()), request);
  auto head = read_head(connection, deadline, signal);
  if (!head) return broken(std::move(head.error()), request);

  Answer answer{parse_head(*head), std::nullopt};
  if (answer.response.status == 101 || answer.response.status == 200) {
    answer.connection = std::move(connection);
  } else if (auto body = read_refusal(connection, answer.response, deadline, signal); !body) {
    return broken(std::move(body.error()), request);
  }
  return answer;
}

Result<std::optional<std::size_t>> Upgraded::read(std::span<char> buffer) {
  return connection_->read(buffer);
}
Result<std::size_t> Upgraded::write(std::string_view bytes) {
  return connection_->write(bytes);
}
Result<void> Upgraded::finish_writing() {
  return connection_->finish_writing();
}
int Upgraded::descriptor() const {
  return connection_->descriptor();
}

}  // namespace saasctl::http
