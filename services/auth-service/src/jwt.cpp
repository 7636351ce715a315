#include "jwt.hpp"

#include <sodium.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "common/core/encoding.hpp"

namespace saasctl::auth {

namespace {

using nlohmann::json;
using services::from_base64url;
using services::to_base64url;

template <std::size_t N>
std::string_view as_text(const std::array<unsigned char, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// RFC 7638, section 3: the required members only, in alphabetical order, without white space.
std::string thumbprint(const std::string& encoded_public_key) {
  const std::string members = R"({"crv":"Ed25519","kty":"OKP","x":")" + encoded_public_key + R"("})";
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), as_bytes(members), members.size());
  return to_base64url(as_text(digest));
}

std::optional<Claims> read_claims(const std::string& text, const std::string& issuer) {
  const json claims = json::parse(text, nullptr, false);
  if (!claims.is_object() || claims.value("iss", json()) != issuer) return std::nullopt;
  const auto is_text = [&](const char* name) { return claims.contains(name) && claims[name].is_string(); };
  const auto is_number = [&](const char* name) { return claims.contains(name) && claims[name].is_number_integer(); };
  if (!is_text("sub") || !is_text("email") || !is_text("jti") || !is_number("iat") || !is_number("exp")) {
    return std::nullopt;
  }
  return Claims{.subject = claims["sub"],
                .email = claims["email"],
                .token_id = claims["jti"],
                .issued_at = Seconds(std::chrono::seconds(claims["iat"].get<std::int64_t>())),
                .expires_at = Seconds(std::chrono::seconds(claims["exp"].get<std::int64_t>()))};
}

}  // namespace

TokenSigner::TokenSigner(std::string_view key_text, std::string issuer) : issuer_(std::move(issuer)) {
  constexpr std::string_view kContext = "saasctl auth-service token signing v1";
  std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
  crypto_generichash(seed.data(), seed.size(), as_bytes(key_text), key_text.size(), as_bytes(kContext),
                     kContext.size());
  crypto_sign_seed_keypair(public_key_.data(), secret_key_.data(), seed.data());
  sodium_memzero(seed.data(), seed.size());
  key_id_ = thumbprint(to_base64url(as_text(public_key_)));
  header_ = to_base64url(json{{"alg", "EdDSA"}, {"kid", key_id_}, {"typ", "JWT"}}.dump());
}

TokenSigner::~TokenSigner() {
  sodium_memzero(secret_key_.data(), secret_key_.size());
}

std::string TokenSigner::sign(const Claims& claims) const {
  const json payload = {{"iss", issuer_},
                        {"sub", claims.subject},
                        {"email", claims.email},
                        {"jti", claims.token_id},
                        {"iat", claims.issued_at.time_since_epoch().count()},
                        {"exp", claims.expires_at.time_since_epoch().count()}};
  std::string token = header_ + "." + to_base64url(payload.dump());
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, as_bytes(token), token.size(), secret_key_.data());
  return token + "." + to_base64url(as_text(signature));
}

std::expected<Claims, TokenError> TokenSigner::verify(std::string_view token, Seconds now) const {
  const std::size_t last_dot = token.rfind('.');
  const bool has_header = token.starts_with(header_ + ".");
  if (!has_header || last_dot <= header_.size()) return std::unexpected(TokenError::malformed);
  const std::string_view signed_part = token.substr(0, last_dot);
  const auto signature = from_base64url(token.substr(last_dot + 1));
  if (!signature || signature->size() != crypto_sign_BYTES) return std::unexpected(TokenError::malformed);
  if (crypto_sign_verify_detached(as_bytes(*signature), as_bytes(signed_part), signed_part.size(),
                                  public_key_.data()) != 0) {
    return std::unexpected(TokenError::wrong_signature);
  }
  const auto payload = from_base64url(signed_part.substr(header_.size() + 1));
  auto claims = payload ? read_claims(*payload, issuer_) : std::nullopt;
  if (!claims) return std::unexpected(TokenError::malformed);
  if (claims->expires_at <= now) return std::unexpected(TokenError::expired);
  return std::move(*claims);
}

std::string TokenSigner::jwks() const {
  const json key = {{"kty", "OKP"},   {"crv", "Ed25519"}, {"x", to_base64url(as_text(public_key_))},
                    {"kid", key_id_}, {"use", "sig"},     {"alg", "EdDSA"}};
  return json{{"keys", json::array({key})}}.dump();
}

}  // namespace saasctl::auth
