// HTTP for everything the tool talks to: the Engine's unix socket, engines over TCP and TLS, the services under test.
// Source: RFC 9110 (semantics), RFC 9112 (messages of HTTP/1.1), RFC 3986 section 2 (percent-encoding).
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/result.hpp"

namespace saasctl::http {

// Field lines in order, as sent or received; a name may come more than once.
using Headers = std::vector<std::pair<std::string, std::string>>;

// PEM files that secure an https:// URL; an empty path means "the system's default" (ca) or "none" (cert, key).
struct TlsFiles {
  std::filesystem::path ca;
  std::filesystem::path cert;
  std::filesystem::path key;
  bool verify_peer = true;
};

class ProgramDialer;

struct Request {
  std::string method = "GET";
  std::string url;  // percent-encoded; with `unix_socket` or `dialer` set its host is only the Host header
  Headers headers = {};
  std::string body = {};  // sent when not empty, or when the method is POST, PUT or PATCH and there is no `upload`

  // A body of unknown length, sent chunked: fills the span and returns how many bytes it wrote, 0 at the end. An error
  // ends the exchange and is what send() returns. Called on the thread that called send().
  std::function<Result<std::size_t>(std::span<char>)> upload = {};

  // Takes the body of a 2xx answer as it comes, on the thread that called send(); returning false ends the exchange,
  // which then counts as successful. The body of any other answer is collected in Response::body.
  std::function<bool(std::string_view)> on_data = {};

  // Called when the head of a 2xx answer is there, before any of its body.
  std::function<void()> on_head = {};

  std::filesystem::path unix_socket = {};            // empty: TCP to the URL's host
  std::shared_ptr<ProgramDialer> dialer = {};        // makes the connections when it is there
  std::chrono::milliseconds timeout{30'000};         // the whole exchange; 0: no limit but the stop token
  std::chrono::milliseconds idle_timeout{0};         // without a byte in either direction; 0: no limit. The time that
                                                     // a callback takes does not count
  std::chrono::milliseconds connect_timeout{5'000};  // until connected, TLS included
  std::size_t max_body = std::size_t{64} << 20;      // bytes collected at most; more is an error
  TlsFiles tls = {};
  bool follow_redirects = false;
};

struct Response {
  int status = 0;
  Headers headers;  // of the last answer when redirects were followed
  std::string body;
  std::chrono::nanoseconds duration{};  // from the call of send() to the end of the answer

  // The first value of a header, its name in any case; nothing when absent.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Which part of an exchange failed.
enum class Stage {
  connecting,    // no request was sent: the address, the connection or TLS failed, or their deadline passed
  transferring,  // a connection existed: it was cut, its deadline passed, or the peer did not speak HTTP
  too_large,     // the answer exceeds max_body
  caller,        // the stop token was set, or `upload` failed
};

// `error` is what send() returns. `reason`: the same without method and URL, for a caller that names the peer in words
// of its own: "Could not resolve host: nosuchhost".
struct TransferError {
  Error error;
  Stage stage = Stage::caller;
  std::string reason = {};
};

// "tcp://user:secret@host:1" with "***" instead of the password; any other text as it is. Source: RFC 3986, section
// 3.2.1.
std::string without_password(std::string_view url);

// `text` with every byte but RFC 3986's unreserved characters percent-encoded.
std::string percent_encode(std::string_view text);

// A host as it stands in a URL: a numeric IPv6 address in brackets. Source: RFC 3986, section 3.2.2.
std::string url_host(std::string_view host);

// "?a=1&b=2" with names and values encoded; the empty text for no parameters.
std::string query_string(const std::vector<std::pair<std::string, std::string>>& parameters);

// Proxy variables are not consulted: the hosts are the engine and the user's own services. SIGPIPE must be ignored by
// the process (TLS writes may raise it).
//
// Sends requests over connections it keeps open between calls. Any number of threads may call send() at once; each call
// uses a connection of its own. The object must outlive its calls.
class Client {
 public:
  Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Any status is a success here. Errors: timeout (a deadline passed), interrupted (the token was set; at once, even
  // while waiting), failed (no connection, broken transfer, too large an answer, bytes that would break the request).
  Result<Response> send(const Request& request, std::stop_token stop) const;

  // send(), with the stage that failed.
  std::expected<Response, TransferError> exchange(const Request& request, std::stop_token stop) const;

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace saasctl::http
