// What http.cpp, http_upgrade.cpp and tcp.cpp share: libcurl handles with owners, options of a request, a cancellable
// run. Private to them.
#pragma once

#include <curl/curl.h>

#include <memory>
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

// URL, socket or dialer, TLS files and time limits of the request. The request must outlive the transfer.
void apply_connection_options(Handles& handles, const Request& request);

// Runs the easy handle, added to the multi handle by the caller, to its end. Error: interrupted.
Result<CURLcode> run_transfer(const Handles& handles, std::stop_token stop);

// "GET http://docker/_ping over /run/docker.sock".
std::string describe(const Request& request);

// What went wrong, in the system's words where there are any.
std::unexpected<Error> transfer_failure(CURL* easy, CURLcode code, const char* detail, const Request& request);

}  // namespace saasctl::http::detail
