#include "common/core/encoding.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

TEST_CASE("base64url writes RFC 4648's vectors without padding", "[encoding]") {
  CHECK(to_base64url("").empty());
  CHECK(to_base64url("f") == "Zg");
  CHECK(to_base64url("fo") == "Zm8");
  CHECK(to_base64url("foo") == "Zm9v");
  CHECK(to_base64url("foobar") == "Zm9vYmFy");
  CHECK(to_base64url("\xfb\xff\xbf") == "-_-_");
}

TEST_CASE("base64url reads back what it writes", "[encoding]") {
  std::string bytes;
  for (int value = 0; value < 256; ++value) bytes += static_cast<char>(value);
  CHECK(from_base64url(to_base64url(bytes)) == bytes);
}

TEST_CASE("base64url refuses foreign characters, padding and left-over bits", "[encoding]") {
  const std::string_view wrong = GENERATE(as<std::string_view>{}, "Zg==", "Zm+v", "Zm/v", "Zm9v\n", "Z", "Zh");
  CAPTURE(wrong);
  CHECK_FALSE(from_base64url(wrong));
}

TEST_CASE("Hexadecimal has sixteen lower-case digits", "[encoding]") {
  CHECK(to_hex(0x1f) == "000000000000001f");
  CHECK(from_hex("ffffffffffffffff") == 0xffffffffffffffffULL);
  CHECK_FALSE(from_hex("1f"));
  CHECK_FALSE(from_hex("000000000000001F"));
}

TEST_CASE("Percent signs are decoded or refused", "[encoding]") {
  CHECK(percent_decoded("a%2Fb%20c") == "a/b c");
  CHECK_FALSE(percent_decoded("%2"));
  CHECK_FALSE(percent_decoded("%zz"));
}
