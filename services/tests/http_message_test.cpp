#include "common/core/http_message.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

TEST_CASE("Headers are found in any case", "[http]") {
  const Request request{
      .method = "GET", .path = "/", .query = "", .headers = {{"Content-Type", "a"}}, .body = "", .peer_address = ""};
  CHECK(request.header("content-type") == "a");
  CHECK_FALSE(request.header("content-typ"));
}

TEST_CASE("Only a bearer token is one", "[http]") {
  const auto token = [](std::string value) {
    const Request request{.method = "GET",
                          .path = "/",
                          .query = "",
                          .headers = {{"authorization", std::move(value)}},
                          .body = "",
                          .peer_address = ""};
    const auto found = bearer_token(request);
    return found ? std::string(*found) : "none";
  };
  CHECK(token("Bearer abc") == "abc");
  CHECK(token("bearer abc") == "abc");
  CHECK(token("Basic abc") == "none");
  CHECK(token("Bearer ") == "none");
  CHECK(token("Bearerabc") == "none");
}

TEST_CASE("Errors have one shape, and a 401 says how to log in", "[http]") {
  const Response response = error_response(401, "a_code", "In \"words\".");
  CHECK(response.body == R"({"error":{"code":"a_code","message":"In \"words\"."}})");
  REQUIRE(response.headers.size() == 1);
  CHECK(response.headers[0].name == "WWW-Authenticate");
  CHECK(retry_later(429, "c", "m", std::chrono::seconds(7)).headers[0].value == "7");
}
