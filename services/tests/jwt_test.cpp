#include "auth-service/src/jwt.hpp"

#include <nlohmann/json.hpp>

#include "common/core/encoding.hpp"
#include "tests/catch.hpp"

using namespace saasctl::auth;
using saasctl::services::from_base64url;
using saasctl::services::to_base64url;

namespace {

constexpr std::string_view kKey = "only for tests: 0123456789abcdef0123456789abcdef";
constexpr Seconds kNow{std::chrono::seconds(1'700'000'000)};

Claims example_claims() {
  return {"user-1", "a@example.com", "token-1", kNow, kNow + std::chrono::seconds(900)};
}

}  // namespace

TEST_CASE("A signed token is verified and gives its claims back", "[jwt]") {
  const TokenSigner signer(kKey, "issuer");
  const auto claims = signer.verify(signer.sign(example_claims()), kNow);
  REQUIRE(claims.has_value());
  CHECK(claims->subject == "user-1");
  CHECK(claims->email == "a@example.com");
  CHECK(claims->token_id == "token-1");
  CHECK(claims->issued_at == kNow);
  CHECK(claims->expires_at == kNow + std::chrono::seconds(900));
}

TEST_CASE("A token lives until the second it expires in", "[jwt]") {
  const TokenSigner signer(kKey, "issuer");
  const std::string token = signer.sign(example_claims());
  CHECK(signer.verify(token, kNow + std::chrono::seconds(899)).has_value());
  CHECK(signer.verify(token, kNow + std::chrono::seconds(900)).error() == TokenError::expired);
}

TEST_CASE("Any changed character makes a token invalid", "[jwt]") {
  const TokenSigner signer(kKey, "issuer");
  const std::string token = signer.sign(example_claims());
  for (std::size_t at = 0; at < token.size(); ++at) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    CAPTURE(at);
    CHECK_FALSE(signer.verify(changed, kNow).has_value());
  }
}

TEST_CASE("Another key's and another issuer's tokens are refused", "[jwt]") {
  const TokenSigner signer(kKey, "issuer");
  const TokenSigner other_key("another text, just as long as the first: 0123456789", "issuer");
  const TokenSigner other_issuer(kKey, "somebody else");
  CHECK_FALSE(signer.verify(other_key.sign(example_claims()), kNow).has_value());
  CHECK(signer.verify(other_issuer.sign(example_claims()), kNow).error() == TokenError::malformed);
}

TEST_CASE("The algorithm is not the token's to choose", "[jwt]") {
  const TokenSigner signer(kKey, "issuer");
  const std::string token = signer.sign(example_claims());
  const std::string payload = token.substr(token.find('.'), token.rfind('.') - token.find('.'));
  const std::string none = to_base64url(R"({"alg":"none","typ":"JWT"})") + payload + ".";
  CHECK(signer.verify(none, kNow).error() == TokenError::malformed);
  CHECK(signer.verify("", kNow).error() == TokenError::malformed);
  CHECK(signer.verify("...", kNow).error() == TokenError::malformed);
}

TEST_CASE("The key set tells the public key and the token names it", "[jwt]") {
  const TokenSigner signer(kKey, "issuer");
  const auto set = nlohmann::json::parse(signer.jwks());
  const auto& key = set.at("keys").at(0);
  CHECK(key.at("kty") == "OKP");
  CHECK(key.at("crv") == "Ed25519");
  CHECK(key.at("alg") == "EdDSA");
  CHECK(from_base64url(key.at("x").get<std::string>())->size() == 32);
  const std::string token = signer.sign(example_claims());
  const auto header = nlohmann::json::parse(*from_base64url(token.substr(0, token.find('.'))));
  CHECK(header.at("kid") == key.at("kid"));
  CHECK(header.at("alg") == "EdDSA");
}

TEST_CASE("The same text is the same key after a restart", "[jwt]") {
  const TokenSigner before(kKey, "issuer");
  const TokenSigner after(kKey, "issuer");
  CHECK(after.verify(before.sign(example_claims()), kNow).has_value());
}
