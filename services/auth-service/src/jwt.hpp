// Access tokens: JWTs (RFC 7519) signed with Ed25519 (JWS, RFC 7515, with RFC 8037's EdDSA). Immutable; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "common/core/secret.hpp"

namespace saasctl::auth {

using Seconds = std::chrono::sys_seconds;

struct Claims {
  std::string subject;   // sub: the user's id
  std::string email;     // email
  std::string token_id;  // jti
  Seconds issued_at;     // iat
  Seconds expires_at;    // exp
};

enum class TokenError { malformed, wrong_signature, expired };

class TokenSigner {
 public:
  static constexpr std::size_t kShortestKeyText = 32;

  // The Ed25519 seed is derived from the text (BLAKE2b with a context of its own), so any random text of at least
  // kShortestKeyText bytes is a key. `issuer` becomes the claim iss and is required when verifying.
  TokenSigner(std::string_view key_text, std::string issuer);
  TokenSigner(const TokenSigner&) = delete;
  TokenSigner& operator=(const TokenSigner&) = delete;
  ~TokenSigner();

  [[nodiscard]] std::string sign(const Claims& claims) const;

  // The claims of a token this signer made and that has not expired at `now`. The algorithm is never taken from the
  // token: any header but this signer's own is malformed.
  [[nodiscard]] std::expected<Claims, TokenError> verify(std::string_view token, Seconds now) const;

  // The public key as a JSON Web Key Set (RFC 7517, RFC 8037); kid is the RFC 7638 thumbprint.
  [[nodiscard]] std::string jwks() const;

 private:
  std::array<unsigned char, 32> public_key_{};
  std::array<unsigned char, 64> secret_key_{};
  std::string issuer_;
  std::string key_id_;
  std::string header_;  // encoded
};

}  // namespace saasctl::auth
