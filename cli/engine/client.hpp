// A negotiated connection to one Docker Engine: the base of every call in this room.
// Source: Docker Engine API 1.41 to 1.51, "Versioning", "Errors" and GET /_ping.
#pragma once

#include <chrono>
#include <compare>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/api_path.hpp"
#include "engine/endpoint.hpp"
#include "util/http.hpp"
#include "util/http_upgrade.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

struct ApiVersion {
  int major = 0;
  int minor = 0;

  auto operator<=>(const ApiVersion&) const = default;
  std::string text() const;                                       // "1.41"
  static std::optional<ApiVersion> parse(std::string_view text);  // nothing for anything else
};

inline constexpr ApiVersion minimum_api{1, 41};
inline constexpr ApiVersion maximum_api{1, 51};

using Parameters = std::vector<std::pair<std::string, std::string>>;

// How long a stream that never pauses by itself (a log, an archive, statistics) may be silent.
inline constexpr std::chrono::milliseconds most_silence{60'000};

// The same for pulls and pushes: the engine reports nothing while it unpacks a large layer or waits for a registry.
inline constexpr std::chrono::milliseconds most_transfer_silence{600'000};

// One call. `path` is what follows the version; the callbacks are those of http::Request.
struct Call {
  std::string method = "GET";
  ApiPath path;
  Parameters query = {};
  http::Headers headers = {};
  std::optional<nlohmann::json> json = std::nullopt;  // the body, sent as application/json
  std::function<Result<std::size_t>(std::span<char>)> upload = {};
  std::function<bool(std::string_view)> on_data = {};
  std::function<void()> on_head = {};
  std::chrono::milliseconds timeout{60'000};  // 0: only the stop token ends it
  std::chrono::milliseconds idle_timeout{0};  // without a byte in either direction; 0: no limit
};

// Safe to use from several threads at once; movable. Every call that waits ends with ErrorKind::interrupted as soon as
// its token is set.
class Client {
 public:
  // Asks the engine for its version and settles on the smaller of its newest and ours. Error no_engine: one line that
  // says why nobody answers (no socket, permission denied, refused, timed out, too old) and a hint what to do;
  // interrupted.
  static Result<Client> connect(Endpoint endpoint, std::stop_token stop);

  const Endpoint& endpoint() const { return endpoint_; }
  ApiVersion api_version() const { return version_; }
  bool is_podman() const { return podman_; }
  // Every engine that we talk to has BuildKit, whatever its default is (Builder-Version); Podman builds the classic
  // way.
  bool has_buildkit() const { return !podman_; }

  // The answer of a 2xx or 304. Errors: not_found (404), conflict (409), failed (other statuses), each with the
  // engine's own message; no_engine when nothing answers or the answer is cut; usage when a text of `json` is not
  // UTF-8 or a part of the path was refused; failed when the answer is too large; timeout; interrupted.
  Result<http::Response> send(const Call& call, std::stop_token stop) const;

  // send(), with the answer's body as the JSON object, or list of objects, that the call is defined to return. Error
  // failed for any other body: it must not be mistaken for "none".
  Result<nlohmann::json> send_object(const Call& call, std::stop_token stop) const;
  Result<nlohmann::json> send_list(const Call& call, std::stop_token stop) const;

  // send_object(), and its member "Id", which is never empty.
  Result<std::string> send_for_id(const Call& call, std::stop_token stop) const;

  // The error for an answer that is not `expected` ("a list of objects").
  static std::unexpected<Error> wrong_answer(const Call& call, std::string_view expected);

  // send_object(), with what `parse` makes of the answer.
  template <typename Parse>
  auto send_parsed(const Call& call, Parse parse, std::stop_token stop) const
      -> Result<std::invoke_result_t<Parse, const nlohmann::json&>> {
    const auto answer = send_object(call, std::move(stop));
    if (!answer) return std::unexpected(answer.error());
    return parse(*answer);
  }

  // send(), when only success counts.
  Result<void> send_only(const Call& call, std::stop_token stop) const;

  // Takes the connection over (POST with Upgrade). Errors as send().
  Result<http::Upgraded> upgrade(const Call& call, std::string_view protocol, std::stop_token stop) const;

 private:
  explicit Client(Endpoint endpoint);
  Result<http::Request> request_for(const Call& call) const;
  Result<nlohmann::json> send_json(const Call& call, std::stop_token stop) const;
  std::unexpected<Error> unreachable(const http::TransferError& error) const;
  std::unexpected<Error> failed(const Call& call, http::TransferError error) const;
  std::unexpected<Error> broken_off(const Call& call, const http::TransferError& error) const;

  Endpoint endpoint_;
  std::shared_ptr<http::ProgramDialer> dialer_;  // of a command; outlives the connections of http_
  http::Client http_;
  ApiVersion version_ = minimum_api;
  bool podman_ = false;
};

// {"label":["a=b"]} for the `filters` parameter of list and event calls.
std::string filters_json(const std::vector<std::pair<std::string, std::vector<std::string>>>& filters);

}  // namespace saasctl::engine
