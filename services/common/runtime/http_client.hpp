// Outgoing HTTP/1.1 calls with a time limit, connection reuse and trace propagation.
// Belongs to the event loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/core/http_message.hpp"
#include "common/core/span.hpp"
#include "common/core/url.hpp"
#include "common/runtime/asio.hpp"

namespace saasctl::services {

struct Call {
  std::string method;
  Url url;
  std::vector<Header> headers;
  std::string body;
  std::chrono::milliseconds timeout{3000};
  // The call may be repeated without harm; a reused connection that turns out dead is then replaced once.
  bool repeatable = false;
  std::size_t largest_answer = 1024 * 1024;  // bytes
};

struct Answer {
  int status = 0;
  std::string body;
};

struct CallError {
  enum class Kind { unreachable, timed_out, protocol };
  Kind kind = Kind::unreachable;
  std::string message;  // names the URL's host and what happened
};

using CallResult = std::expected<Answer, CallError>;

class HttpClient {
 public:
  // Makes calls to https addresses; given by services that need them, so that the others carry no TLS code.
  using SecureCall = std::function<Task<CallResult>(Call)>;

  HttpClient();
  explicit HttpClient(SecureCall secure_call);
  ~HttpClient();

  // Any status is a success here.
  [[nodiscard]] Task<CallResult> call(Call call);

  // The same inside a client span that is `parent`'s child, with traceparent and tracestate sent along
  // (OpenTelemetry semantic conventions, "HTTP client span").
  [[nodiscard]] Task<CallResult> call(Call call, const Span& parent);

 private:
  struct Idle;

  Task<CallResult> plain_call(Call call);
  std::unique_ptr<Idle> take_idle(const std::string& authority);

  SecureCall secure_call_;
  std::map<std::string, std::deque<std::unique_ptr<Idle>>> idle_;
};

}  // namespace saasctl::services
