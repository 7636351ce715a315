#include "auth-service/src/credentials.hpp"

#include "tests/catch.hpp"

using namespace saasctl::auth;

TEST_CASE("Addresses are told from what can't be one", "[credentials]") {
  CHECK(is_email("a@b.c"));
  CHECK(is_email("first.last+tag@sub.example.com"));
  const std::string_view wrong = GENERATE(as<std::string_view>{}, "", "a", "@b.c", "a@b", "a@.c", "a@b.", "a@b..c",
                                          "a@b@c.d", "a b@c.d", "a\n@b.c");
  CAPTURE(wrong);
  CHECK_FALSE(is_email(wrong));
}

TEST_CASE("Credentials are read, the address in lower case", "[credentials]") {
  const auto read = [](std::string body) {
    return read_credentials(
        {.method = "POST", .path = "/", .query = "", .headers = {}, .body = std::move(body), .peer_address = ""});
  };
  const auto fine = read(R"({"email":"Ann@Example.COM","password":"12345678"})");
  REQUIRE(fine.has_value());
  CHECK(fine->email == "ann@example.com");
  CHECK(read("{").error().status == 400);
  CHECK(read(R"({"email":"a@b.c"})").error().status == 422);
  CHECK(read(R"({"email":"a@b.c","password":"1234567"})").error().status == 422);
  CHECK(read(R"({"email":"a@b","password":"12345678"})").error().status == 422);
}
