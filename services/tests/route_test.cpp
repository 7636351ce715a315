#include "common/core/route.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services;

namespace {

RouteTable<int> example_routes() {
  RouteTable<int> routes;
  routes.add("GET", "/v1/conversations", 1);
  routes.add("POST", "/v1/conversations", 2);
  routes.add("GET", "/v1/conversations/{id}/messages", 3);
  return routes;
}

}  // namespace

TEST_CASE("A route is found by method and path, with its parameters decoded", "[route]") {
  const auto routes = example_routes();
  const auto found = routes.find("GET", "/v1/conversations/a%20b/messages");
  const auto* match = std::get_if<RouteTable<int>::Match>(&found);
  REQUIRE(match != nullptr);
  CHECK(*match->handler == 3);
  CHECK(match->route == "/v1/conversations/{id}/messages");
  CHECK(match->parameters.at("id") == "a b");
}

TEST_CASE("HEAD is answered by GET's handler", "[route]") {
  const auto routes = example_routes();
  const auto found = routes.find("HEAD", "/v1/conversations");
  REQUIRE(std::holds_alternative<RouteTable<int>::Match>(found));
  CHECK(*std::get<RouteTable<int>::Match>(found).handler == 1);
}

TEST_CASE("Another method on a known path names those allowed", "[route]") {
  const auto routes = example_routes();
  const auto found = routes.find("DELETE", "/v1/conversations");
  REQUIRE(std::holds_alternative<MethodNotAllowed>(found));
  CHECK(std::get<MethodNotAllowed>(found).allowed == "GET, HEAD, POST");
}

TEST_CASE("A path that is not there is not found", "[route]") {
  const auto routes = example_routes();
  const std::string_view path =
      GENERATE(as<std::string_view>{}, "/", "", "/v1", "/v1/conversations/", "/v1/conversations//messages",
               "/v1/conversations/x/messages/y", "/v1/conversations/%zz/messages");
  CAPTURE(path);
  CHECK(std::holds_alternative<NotFound>(routes.find("GET", path)));
}
