#include "yaml/plain_text.hpp"
#include "catch.hpp"

namespace saasctl::plain_text_test {

using namespace saasctl::yaml;

namespace {

std::string plain(const std::string& text) {
  Node node;
  node.kind = Kind::scalar;
  node.text = text;
  return plain_text(node);
}

}  // namespace

TEST_CASE("an unquoted integer becomes its decimal text") {
  CHECK(plain("12") == "12");
  CHECK(plain("+5") == "5");
  CHECK(plain("-7") == "-7");
  CHECK(plain("0x1F") == "31");
  CHECK(plain("0o17") == "15");
  CHECK(plain("010") == "8");
  CHECK(plain("0b101") == "5");
  CHECK(plain("1_000") == "1000");
  CHECK(plain("12345678901234567890") == "12345678901234567890");
}

TEST_CASE("an unquoted number with a point or an exponent becomes its shortest text") {
  CHECK(plain("1.50") == "1.5");
  CHECK(plain("1e3") == "1000");
  CHECK(plain(".5") == "0.5");
  CHECK(plain("08") == "8");
  CHECK(plain("1e21") == "1e+21");
  CHECK(plain("0.00001") == "1e-05");
  CHECK(plain("2.0") == "2");
}

TEST_CASE("an unquoted truth becomes lower case, and every other text stays") {
  CHECK(plain("True") == "true");
  for (const auto* text :
       {"yes", "on", "12:30:45", "1.2.3", "-", "1.2-rc", "0x", "1e", "2001-12-14", "~x", "--5", ""}) {
    CHECK(plain(text) == text);
  }
  Node quoted;
  quoted.kind = Kind::scalar;
  quoted.text = "1.50";
  quoted.plain = false;
  CHECK(plain_text(quoted) == "1.50");
}

}  // namespace saasctl::plain_text_test
