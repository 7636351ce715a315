#include "util/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>

#include "util/curl_exchange.hpp"
#include "util/text.hpp"

namespace saasctl::http {
namespace {

using detail::Handles;
using detail::HeaderList;

bool succeeded(int status) {
  return status >= 200 && status < 300;
}

// The state of one request while libcurl works on it. No exception may pass through libcurl: it is kept and thrown
// again once libcurl has returned.
class Exchange {
 public:
  Exchange(Handles& handles, const Request& request)
      : handles_(handles), request_(request), idle_(request.idle_timeout) {}

  std::expected<Response, TransferError> run(std::stop_token stop);

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self);

  void take_header(std::string_view line);
  bool take_body(std::string_view bytes);

  template <typename Work>
  std::size_t guarded(std::size_t on_failure, Work work) noexcept {
    try {
      const auto result = work();
      idle_.progress();
      return result;
    } catch (...) {
      exception_ = std::current_exception();
      return on_failure;
    }
  }

  Result<void> set_options();
  void set_method_options(CURL* easy);
  TransferError stopped(Error error) const;
  HeaderList header_list() const;
  std::expected<Response, TransferError> conclude(CURLcode code);

  Handles& handles_;
  const Request& request_;
  detail::IdleClock idle_;
  HeaderList headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  Response response_;
  bool ended_by_sink_ = false;
  bool too_large_ = false;
  std::optional<Error> upload_error_;
  std::exception_ptr exception_;
};

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::string_view line(data, size * count);
  return exchange.guarded(0, [&] {
    exchange.take_header(line);
    return line.size();
  });
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::string_view bytes(data, size * count);
  return exchange.guarded(0, [&] { return exchange.take_body(bytes) ? bytes.size() : 0; });
}

std::size_t Exchange::on_upload(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return exchange.guarded(CURL_READFUNC_ABORT, [&]() -> std::size_t {
    auto filled = exchange.request_.upload(std::span<char>(data, size * count));
    if (filled) return *filled;
    exchange.upload_error_ = std::move(filled.error());
    return CURL_READFUNC_ABORT;
  });
}

void Exchange::take_header(std::string_view line) {
  line = trim(line);
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    response_.body.clear();
    const auto words = split(line, ' ');
    response_.status = words.size() > 1 ? static_cast<int>(parse_integer(words[1]).value_or(0)) : 0;
  } else if (line.empty()) {
    if (succeeded(response_.status) && request_.on_head) request_.on_head();
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    response_.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
}

bool Exchange::take_body(std::string_view bytes) {
  if (request_.on_data && succeeded(response_.status)) {
    ended_by_sink_ = !request_.on_data(bytes);
    return !ended_by_sink_;
  }
  too_large_ = bytes.size() > request_.max_body - response_.body.size();
  if (!too_large_) response_.body += bytes;
  return !too_large_;
}

HeaderList Exchange::header_list() const {
  HeaderList list;
  detail::append_header(list, "Expect:");  // no waiting for 100 Continue
  if (request_.upload) detail::append_header(list, "Transfer-Encoding: chunked");
  for (const auto& [name, value] : request_.headers) {
    // "Name;" is libcurl's way to send a header without a value.
    detail::append_header(list, value.empty() ? name + ";" : name + ": " + value);
  }
  return list;
}

void Exchange::set_method_options(CURL* easy) {
  const bool has_body =
      !request_.body.empty() || request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH";
  if (request_.upload) {
    // A streamed body cannot be sent again, as libcurl does on a kept connection that turns out to be closed.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Exchange::on_upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
  } else if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
  } else if (request_.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  }
  if (request_.method != "HEAD" && request_.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

Result<void> Exchange::set_options() {
  CURL* easy = handles_.easy.get();
  if (auto applied = detail::apply_connection_options(handles_, request_); !applied) return applied;
  set_method_options(easy);
  headers_ = header_list();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request_.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
  return {};
}

std::expected<Response, TransferError> Exchange::run(std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  if (auto set = set_options(); !set) {
    curl_easy_reset(handles_.easy.get());
    return std::unexpected(TransferError{set.error()});
  }
  curl_multi_add_handle(handles_.multi.get(), handles_.easy.get());
  const auto code = detail::run_transfer(handles_, stop, &idle_);
  curl_multi_remove_handle(handles_.multi.get(), handles_.easy.get());
  response_.duration = std::chrono::steady_clock::now() - start;
  if (exception_) std::rethrow_exception(exception_);
  auto result = code ? conclude(*code) : std::unexpected(stopped(code.error()));
  curl_easy_reset(handles_.easy.get());
  return result;
}

// Not by libcurl: interrupted, or idle for too long.
TransferError Exchange::stopped(Error error) const {
  if (error.kind != ErrorKind::timeout) return {std::move(error), Stage::caller};
  auto reason = error.message;
  error.message = detail::describe(request_) + ": " + reason;
  return {std::move(error), Stage::transferring, std::move(reason)};
}

std::expected<Response, TransferError> Exchange::conclude(CURLcode code) {
  if (code == CURLE_OK || ended_by_sink_) return std::move(response_);
  if (upload_error_) return std::unexpected(TransferError{*std::move(upload_error_), Stage::caller});
  if (too_large_) {
    auto reason = fmt::format("the answer is larger than {} bytes", request_.max_body);
    return std::unexpected(TransferError{
        {ErrorKind::failed, fmt::format("{}: {}", detail::describe(request_), reason)}, Stage::too_large, reason});
  }
  return std::unexpected(detail::transfer_failure(handles_.easy.get(), code, error_text_.data(), request_));
}

}  // namespace

std::optional<std::string_view> Response::header(std::string_view name) const {
  const auto wanted = to_lower(name);
  const auto found = std::ranges::find_if(headers, [&](const auto& field) { return to_lower(field.first) == wanted; });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

std::string without_password(std::string_view url) {
  const auto scheme = url.find("://");
  const auto start = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto authority = url.substr(start, url.find_first_of("/?#", start) - start);
  const auto at = authority.rfind('@');
  const auto colon = authority.find(':');
  if (at == std::string_view::npos || colon > at) return std::string(url);
  return fmt::format("{}:***{}", url.substr(0, start + colon), url.substr(start + at));
}

std::string url_host(std::string_view host) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return fmt::format("{}{}{}", v6 ? "[" : "", host, v6 ? "]" : "");
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string query_string(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += out.empty() ? '?' : '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

// Idle handles, each with a connection it may reuse.
class Client::Pool {
 public:
  std::unique_ptr<Handles> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Handles>();
    auto handles = std::move(idle_.back());
    idle_.pop_back();
    return handles;
  }

  void put_back(std::unique_ptr<Handles> handles) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < max_idle) idle_.push_back(std::move(handles));
  }

 private:
  static constexpr std::size_t max_idle = 16;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handles>> idle_;
};

Client::Client() : pool_(std::make_unique<Pool>()) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Response> Client::send(const Request& request, std::stop_token stop) const {
  auto response = exchange(request, std::move(stop));
  if (!response) return std::unexpected(std::move(response.error().error));
  return std::move(*response);
}

std::expected<Response, TransferError> Client::exchange(const Request& request, std::stop_token stop) const {
  if (auto sound = detail::check_request(request); !sound) return std::unexpected(TransferError{sound.error()});
  auto handles = pool_->take();
  auto response = Exchange(*handles, request).run(std::move(stop));
  pool_->put_back(std::move(handles));
  return response;
}

}  // namespace saasctl::http
