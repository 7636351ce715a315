// SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) and base64 (RFC 4648).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace saasctl {

// A digest of bytes that come in pieces. One thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::string_view bytes);

  // 64 lower-case hex digits of all bytes so far. The object must not be updated afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

// HMAC-SHA-256 of `bytes` under `key`, 64 lower-case hex digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

// RFC 4648 section 4, padded.
std::string base64_encode(std::string_view bytes);

// RFC 4648 section 5 (URL and file name safe), padded as the Engine's X-Registry-Auth expects.
std::string base64url_encode(std::string_view bytes);

// Either alphabet, with or without padding; nothing when the text is not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace saasctl
