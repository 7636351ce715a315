#include "util/digest.hpp"

#include "catch.hpp"

namespace saasctl::digest_test {

TEST_CASE("SHA-256 gives the values of FIPS 180-4's examples") {
  // RFC 4231, test case 2.
  CHECK(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 digest;
  digest.update("a");
  digest.update("");
  digest.update("bc");
  CHECK(digest.hex() == sha256_hex("abc"));
}

TEST_CASE("base64 gives the values of RFC 4648 section 10") {
  const std::pair<std::string, std::string> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : examples) {
    CHECK(base64_encode(plain) == coded);
    CHECK(base64_decode(coded) == plain);
  }
}

TEST_CASE("base64url uses - and _, and decoding takes either alphabet") {
  const std::string bytes = "\xfb\xff\xfe";
  CHECK(base64_encode(bytes) == "+//+");
  CHECK(base64url_encode(bytes) == "-__-");
  CHECK(base64_decode("-__-") == bytes);
  CHECK(base64_decode("Zg") == "f");
}

TEST_CASE("what is not base64 decodes to nothing") {
  for (const auto* text : {"Z", "Zg=", "Z===", "Zm9v=", "Zm 9", "=", "Zg==Zg=="}) {
    INFO(text);
    CHECK_FALSE(base64_decode(text));
  }
}

}  // namespace saasctl::digest_test
