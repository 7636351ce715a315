#include "common/core/json_body.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

namespace {

Request with_body(std::string body, std::string content_type = "application/json; charset=utf-8") {
  return {.method = "POST",
          .path = "/",
          .query = "",
          .headers = {{"Content-Type", std::move(content_type)}},
          .body = std::move(body),
          .peer_address = ""};
}

}  // namespace

TEST_CASE("A body is a JSON object or refused", "[json]") {
  CHECK(parse_object(with_body(R"({"a":1})")).has_value());
  CHECK(parse_object(with_body(R"({"a":1})", "application/problem+json")).has_value());
  CHECK(parse_object(with_body("[1]")).error().status == 400);
  CHECK(parse_object(with_body("{")).error().status == 400);
  CHECK(parse_object(with_body("")).error().status == 400);
  CHECK(parse_object(with_body("{\"a\":\"\xff\"}")).error().status == 400);
  CHECK(parse_object(with_body("{}", "text/plain")).error().status == 415);
}

TEST_CASE("Texts have a type and a length", "[json]") {
  const nlohmann::json object = {{"t", "abc"}, {"n", 1}, {"z", std::string("a\0b", 3)}};
  CHECK(text_field(object, "t", {1, 3}) == "abc");
  CHECK(text_field(object, "t", {4, 5}).error().status == 422);
  CHECK(text_field(object, "t", {1, 2}).error().status == 422);
  CHECK(text_field(object, "n", {1, 3}).error().status == 422);
  CHECK(text_field(object, "missing", {0, 3}).error().status == 422);
  CHECK(text_field(object, "z", {0, 9}).error().status == 422);
}

TEST_CASE("Numbers are whole and within bounds, however large they come", "[json]") {
  const nlohmann::json object = {{"n", 7}, {"f", 1.5}, {"u", 18446744073709551615ULL}, {"t", "7"}};
  CHECK(number_field(object, "n", 1, 7) == 7);
  CHECK(number_field(object, "n", 1, 6).error().status == 422);
  CHECK(number_field(object, "f", 1, 6).error().status == 422);
  CHECK(number_field(object, "u", -5, 6).error().status == 422);
  CHECK(number_field(object, "t", 1, 9).error().status == 422);
}
