#include "util/curl_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>

#include "util/http_field.hpp"
#include "util/input.hpp"
#include "util/program_dialer.hpp"

namespace saasctl::http::detail {
namespace {

// Since 7.84 libcurl's own initialisation is safe with threads; a constant of function scope runs it once.
void initialise_curl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw std::runtime_error(fmt::format("cannot start libcurl: {}", curl_easy_strerror(result)));
}

constexpr FileKind pem_file{"a certificate or key", 16 * mebibyte};

// The file's text and not its name: OpenSSL would wait for a pipe, and neither knows of signals.
Result<void> set_file(CURL* easy, CURLoption option, const std::filesystem::path& path) {
  if (path.empty()) return {};
  auto text = read_file(path, pem_file);
  if (!text) return failure(ErrorKind::usage, text.error().message, text.error().hint);
  curl_blob blob{text->data(), text->size(), CURL_BLOB_COPY};
  const auto set = curl_easy_setopt(easy, option, &blob);
  if (set == CURLE_OK) return {};
  return failure(ErrorKind::usage, fmt::format("cannot use {}: {}", path.string(), curl_easy_strerror(set)));
}

Result<void> set_tls_options(CURL* easy, const TlsFiles& tls) {
  if (auto set = set_file(easy, CURLOPT_CAINFO_BLOB, tls.ca); !set) return set;
  if (auto set = set_file(easy, CURLOPT_SSLCERT_BLOB, tls.cert); !set) return set;
  if (auto set = set_file(easy, CURLOPT_SSLKEY_BLOB, tls.key); !set) return set;
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify_peer ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify_peer ? 2L : 0L);
  return {};
}

// libcurl connects to the address as it is after this call.
curl_socket_t open_dialed(void* dialer, curlsocktype, curl_sockaddr* address) noexcept {
  try {
    return static_cast<ProgramDialer*>(dialer)->open(address->addr, address->addrlen);
  } catch (const std::exception&) {
    return CURL_SOCKET_BAD;
  }
}

int close_dialed(void* dialer, curl_socket_t socket) noexcept {
  static_cast<ProgramDialer*>(dialer)->close(socket);
  return 0;
}

// The path is never opened: with one libcurl asks no name server for the URL's host.
void set_dialer_options(CURL* easy, ProgramDialer& dialer) {
  curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, "/nonexistent");
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_dialed);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &dialer);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &close_dialed);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &dialer);
}

}  // namespace

Handles::Handles() {
  initialise_curl();
  multi.reset(curl_multi_init());
  easy.reset(curl_easy_init());
  if (!multi || !easy) throw std::bad_alloc();
}

void append_header(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

Result<void> check_request(const Request& request) {
  const auto is_name = [](std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
  };
  const auto cannot_stand_in_url = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (!is_name(request.method)) return failure("the request's method is not a word");
  if (std::ranges::any_of(request.url, cannot_stand_in_url))
    return failure(request.method + ": a space or control character in the URL must be percent-encoded");
  for (const auto& [name, value] : request.headers) {
    if (!is_name(name))
      return failure(fmt::format("{} {}: a header has an invalid name", request.method, without_password(request.url)));
    if (!is_field_value(value))
      return failure(fmt::format("{} {}: the value of header {} has a line break or zero byte", request.method,
                                 without_password(request.url), name));
  }
  return {};
}

Result<void> apply_connection_options(Handles& handles, const Request& request) {
  CURL* easy = handles.easy.get();
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  if (!request.unix_socket.empty()) curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (request.dialer) {
    handles.dialer = request.dialer;
    set_dialer_options(easy, *request.dialer);
  }
  return set_tls_options(easy, request.tls);
}

std::optional<std::chrono::milliseconds> IdleClock::left() const {
  if (limit_.count() <= 0) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(last_ + limit_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

Result<CURLcode> run_transfer(const Handles& handles, std::stop_token stop, const IdleClock* idle) {
  constexpr std::chrono::milliseconds longest_poll{10'000};
  const std::stop_callback wake(stop, [&] { curl_multi_wakeup(handles.multi.get()); });
  for (;;) {
    if (stop.stop_requested()) return failure(ErrorKind::interrupted, "interrupted");
    int running = 0;
    CURLMcode code = curl_multi_perform(handles.multi.get(), &running);
    if (handles.dialer) handles.dialer->start();
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(handles.multi.get(), &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    const auto silence_left = idle == nullptr ? std::nullopt : idle->left();
    if (silence_left && silence_left->count() == 0) {
      return failure(ErrorKind::timeout, fmt::format("nothing was transferred for {} s",
                                                     std::chrono::ceil<std::chrono::seconds>(idle->limit()).count()));
    }
    // The limit is only a safety net: libcurl itself wakes up for its timeouts.
    const auto limit = std::min(silence_left.value_or(longest_poll), longest_poll);
    if (code == CURLM_OK)
      code = curl_multi_poll(handles.multi.get(), nullptr, 0, static_cast<int>(limit.count()), nullptr);
    if (code != CURLM_OK) return failure(fmt::format("libcurl: {}", curl_multi_strerror(code)));
  }
}

std::string describe(const Request& request) {
  std::string text = fmt::format("{} {}", request.method, without_password(request.url));
  if (request.dialer) text += fmt::format(" through {}", request.dialer->program());
  if (!request.unix_socket.empty()) text += fmt::format(" over {}", request.unix_socket.string());
  return text;
}

TransferError transfer_failure(CURL* easy, CURLcode code, const char* detail, const Request& request) {
  curl_off_t until_request = 0;  // microseconds; 0 when the connection was not ready to carry it
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &until_request);
  const auto stage = until_request > 0 ? Stage::transferring : Stage::connecting;
  if (code == CURLE_OPERATION_TIMEDOUT)
    return {{ErrorKind::timeout, describe(request) + ": timed out"}, stage, "timed out"};
  long system_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system_error);
  std::string reason = detail[0] != '\0' ? detail : curl_easy_strerror(code);
  if (code == CURLE_COULDNT_CONNECT && system_error != 0) reason = std::strerror(static_cast<int>(system_error));
  return {{ErrorKind::failed, fmt::format("{}: {}", describe(request), reason)}, stage, reason};
}

}  // namespace saasctl::http::detail
