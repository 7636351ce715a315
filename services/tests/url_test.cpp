#include "common/core/url.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

TEST_CASE("An address falls into its parts", "[url]") {
  const auto url = parse_url("https://api.example.com/v1?x=y");
  REQUIRE(url);
  CHECK(url->secure);
  CHECK(url->host == "api.example.com");
  CHECK(url->port == 443);
  CHECK(url->path == "/v1?x=y");
  CHECK(url->authority() == "api.example.com");
  CHECK(url->text() == "https://api.example.com/v1?x=y");
}

TEST_CASE("Ports, queries without a path and IPv6 addresses are understood", "[url]") {
  CHECK(parse_url("http://auth-service:3001")->port == 3001);
  CHECK(parse_url("http://auth-service:3001")->authority() == "auth-service:3001");
  CHECK(parse_url("http://h?q")->path == "/?q");
  CHECK(parse_url("http://[::1]:80/x")->host == "::1");
  CHECK(parse_url("http://[::1]:8080/x")->authority() == "[::1]:8080");
}

TEST_CASE("A path is put behind an address with or without a slash", "[url]") {
  CHECK(parse_url("http://jaeger:4318")->with_path("/v1/traces").path == "/v1/traces");
  CHECK(parse_url("http://jaeger:4318/")->with_path("/v1/traces").path == "/v1/traces");
  CHECK(parse_url("https://x/v1")->with_path("/chat/completions").path == "/v1/chat/completions");
}

TEST_CASE("What is no address is refused with its reason", "[url]") {
  CHECK(parse_url("jaeger:4318").error() ==
        "'jaeger:4318' does not start with http:// or https://, expected http://host:port/path");
  CHECK_FALSE(parse_url("http://"));
  CHECK_FALSE(parse_url("http://:80"));
  CHECK_FALSE(parse_url("http://h:0"));
  CHECK_FALSE(parse_url("http://h:65536"));
  CHECK_FALSE(parse_url("http://h:8o"));
  CHECK_FALSE(parse_url("http://user:word@h"));
  CHECK_FALSE(parse_url("http://[::1"));
}
