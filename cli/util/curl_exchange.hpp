// What http.cpp, http_upgrade.cpp and tcp.cpp share: libcurl handles with owners, options of a request, a cancellable
// run. Private to them.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "util/http.hpp"
#include "util/result.hpp"

namespace saasctl::http::detail {

struct EasyDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

// One easy handle and the multi handle that keeps its connections. libcurl wants the easy one cleaned up first.
struct Handles {
  Handles();

  std::shared_ptr<ProgramDialer> dialer;  // of the connections they keep
  std::unique_ptr<CURLM, MultiDeleter> multi;
  std::unique_ptr<CURL, EasyDeleter> easy;
};

void append_header(HeaderList& list, const std::string& line);

// Errors: failed, the method, a header or the URL holds bytes that would change the shape of the request. The message
// shows no value.
Result<void> check_request(const Request& request);

// URL, socket or dialer, TLS files and time limits of the request. The request must outlive the transfer. Error usage:
// a TLS file cannot be read.
Result<void> apply_connection_options(Handles& handles, const Request& request);

// Measures how long a transfer has been without progress.
class IdleClock {
 public:
  explicit IdleClock(std::chrono::milliseconds limit) : limit_(limit) {}

  // Bytes came or went; a callback calls it when it returns.
  void progress() { last_ = std::chrono::steady_clock::now(); }
  // Time that is left, never negative; nothing when there is no limit.
  std::optional<std::chrono::milliseconds> left() const;
  std::chrono::milliseconds limit() const { return limit_; }

 private:
  std::chrono::milliseconds limit_;  // 0: none
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Runs the easy handle, added to the multi handle by the caller, to its end. Errors: interrupted; timeout when the
// clock has run out.
Result<CURLcode> run_transfer(const Handles& handles, std::stop_token stop, const IdleClock* idle = nullptr);

// "GET http://docker/_ping over /run/docker.sock".
std::string describe(const Request& request);

// What went wrong, in the system's words where there are any.
TransferError transfer_failure(CURL* easy, CURLcode code, const char* detail, const Request& request);

}  // namespace saasctl::http::detail
