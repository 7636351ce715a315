#include "util/http.hpp"

#include <atomic>
#include <thread>

#include "catch.hpp"
#include "local_server.hpp"
#include "temporary_folder.hpp"
#include "util/http_upgrade.hpp"
#include "util/wait.hpp"

namespace saasctl::http_test {

using namespace std::chrono_literals;
using test::LocalServer;

TEST_CASE("an answer has status, headers in any case, body and duration") {
  const LocalServer server([](int connection, const std::string&, std::stop_token) {
    LocalServer::write(connection, LocalServer::answer("418 I'm a teapot", "short and stout"));
  });
  const http::Client client;
  const auto response = client.send({.url = server.url("/pot")}, {});
  REQUIRE(response);
  CHECK(response->status == 418);
  CHECK(response->header("x-TEST") == "Yes");
  CHECK_FALSE(response->header("absent"));
  CHECK(response->body == "short and stout");
  CHECK(response->duration > 0ns);
}

TEST_CASE("method, headers and body are sent as given") {
  std::string seen;
  const LocalServer server([&](int connection, const std::string& request, std::stop_token) {
    seen = request;
    LocalServer::write(connection, LocalServer::answer("200 OK", ""));
  });
  const http::Client client;
  const auto response = client.send(
      {.method = "POST", .url = server.url("/a?b=c"), .headers = {{"X-One", "1"}, {"X-Empty", ""}}, .body = "hello"},
      {});
  REQUIRE(response);
  CHECK(seen.starts_with("POST /a?b=c HTTP/1.1\r\n"));
  CHECK(seen.find("X-One: 1\r\n") != std::string::npos);
  CHECK(seen.find("X-Empty:") != std::string::npos);
  CHECK(seen.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(seen.find("Expect") == std::string::npos);
}

TEST_CASE("a produced body is sent in chunks, and its error ends the exchange") {
  std::string seen;
  const LocalServer server([&](int connection, const std::string& request, std::stop_token) {
    seen = request;
    std::array<char, 4096> buffer{};
    while (seen.find("\r\n0\r\n\r\n") == std::string::npos) {
      const auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      seen.append(buffer.data(), static_cast<std::size_t>(count));
    }
    LocalServer::write(connection, LocalServer::answer("200 OK", "taken"));
  });
  const http::Client client;
  int pieces = 0;
  http::Request request{
      .method = "PUT", .url = server.url("/"), .upload = [&](std::span<char> to) -> Result<std::size_t> {
        if (++pieces > 3) return std::size_t{0};
        return std::string_view("piece").copy(to.data(), to.size());
      }};
  const auto response = client.send(request, {});
  REQUIRE(response);
  CHECK(response->body == "taken");
  CHECK(seen.find("Transfer-Encoding: chunked") != std::string::npos);
  CHECK(seen.find("5\r\npiece\r\n5\r\npiece\r\n5\r\npiece\r\n0\r\n\r\n") != std::string::npos);

  request.upload = [](std::span<char>) -> Result<std::size_t> { return failure("the disk is on fire"); };
  const auto failed = client.send(request, {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "the disk is on fire");
}

TEST_CASE("a stream is given as it comes, and its sink may end it") {
  const LocalServer server([](int connection, const std::string&, std::stop_token stop) {
    LocalServer::write(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    LocalServer::hold(connection, stop);
  });
  const http::Client client;
  std::string got;
  bool head = false;
  const http::Request request{.url = server.url("/"),
                              .on_data =
                                  [&](std::string_view bytes) {
                                    got += bytes;
                                    return false;
                                  },
                              .on_head = [&] { head = got.empty(); }};
  const auto response = client.send(request, {});
  REQUIRE(response);
  CHECK(got == "one");
  CHECK(head);
}

TEST_CASE("the body of a refusal is collected even when there is a sink") {
  const LocalServer server([](int connection, const std::string&, std::stop_token) {
    LocalServer::write(connection, LocalServer::answer("404 Not Found", "none such"));
  });
  const http::Client client;
  const auto response = client.send(
      {.url = server.url("/"), .on_data = [](std::string_view) -> bool { throw std::logic_error("called"); }}, {});
  REQUIRE(response);
  CHECK(response->body == "none such");
}

TEST_CASE("an exception of a callback comes out of send") {
  const LocalServer server([](int connection, const std::string&, std::stop_token) {
    LocalServer::write(connection, LocalServer::answer("200 OK", "x"));
  });
  const http::Client client;
  const http::Request request{.url = server.url("/"),
                              .on_data = [](std::string_view) -> bool { throw std::logic_error("mine"); }};
  CHECK_THROWS_AS(client.send(request, {}), std::logic_error);
}

TEST_CASE("silence ends with a timeout, a stop token at once") {
  const LocalServer server(
      [](int connection, const std::string&, std::stop_token stop) { LocalServer::hold(connection, stop); });
  const http::Client client;
  const auto late = client.send({.url = server.url("/"), .timeout = 30ms}, {});
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timeout);

  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(30ms);
    source.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  const auto stopped = client.send({.url = server.url("/")}, source.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("a refused connection says so") {
  std::string url;
  {
    const LocalServer server([](int, const std::string&, std::stop_token) {});
    url = server.url("/x");
  }
  const auto response = http::Client().send({.url = url}, {});
  REQUIRE_FALSE(response);
  CHECK(response.error().kind == ErrorKind::failed);
  CHECK(response.error().message == "GET " + url + ": Connection refused");
}

TEST_CASE("an answer beyond the limit is an error") {
  const LocalServer server([](int connection, const std::string&, std::stop_token) {
    LocalServer::write(connection, LocalServer::answer("200 OK", std::string(100, 'x')));
  });
  const http::Client client;
  CHECK(client.send({.url = server.url("/"), .max_body = 100}, {}));
  const auto response = client.send({.url = server.url("/"), .max_body = 99}, {});
  REQUIRE_FALSE(response);
  CHECK(response.error().message.find("larger than 99 bytes") != std::string::npos);
}

TEST_CASE("redirects are followed only on demand") {
  const LocalServer server([](int connection, const std::string& request, std::stop_token) {
    const bool first = request.starts_with("GET /from ");
    LocalServer::write(connection,
                       first ? "HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                             : LocalServer::answer("200 OK", "there"));
  });
  const http::Client client;
  CHECK(client.send({.url = server.url("/from")}, {})->status == 302);
  const auto followed = client.send({.url = server.url("/from"), .follow_redirects = true}, {});
  CHECK(followed->status == 200);
  CHECK(followed->body == "there");
  CHECK_FALSE(followed->header("Location"));
}

TEST_CASE("one client serves many threads") {
  const LocalServer server([](int connection, const std::string&, std::stop_token) {
    LocalServer::write(connection, LocalServer::answer("200 OK", "ok"));
  });
  const http::Client client;
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 10; ++k) {
          const auto response = client.send({.url = server.url("/")}, {});
          if (response && response->body == "ok") ++good;
        }
      });
    }
  }
  CHECK(good == 80);
}

TEST_CASE("a unix socket serves an HTTP request and an upgrade") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "s";
  const LocalServer server(path, [](int connection, const std::string& request, std::stop_token stop) {
    if (request.starts_with("POST /raw ")) {
      LocalServer::write(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nearly bytes");
      LocalServer::hold(connection, stop);
    } else {
      LocalServer::write(connection, LocalServer::answer("404 Not Found", "no page"));
    }
  });
  const http::Client client;
  CHECK(client.send({.url = "http://docker/x", .unix_socket = path}, {})->status == 404);

  auto answer = http::Upgraded::open({.method = "POST", .url = "http://docker/raw", .unix_socket = path}, "h2c", {});
  REQUIRE(answer);
  CHECK(answer->response.status == 101);
  REQUIRE(answer->connection);
  std::string got;
  std::array<char, 64> buffer{};
  const StopSignal never{std::stop_token()};
  while (got.size() < 11) {
    REQUIRE(wait_ready(answer->connection->descriptor(), POLLIN, deadline_after(5s), never));
    const auto count = answer->connection->read(buffer);
    REQUIRE(count);
    if (*count) got.append(buffer.data(), **count);
  }
  CHECK(got == "early bytes");
  CHECK_FALSE(answer->connection->read(buffer).value());

  answer->connection.reset();  // the server takes one connection at a time
  const auto refused =
      http::Upgraded::open({.method = "POST", .url = "http://docker/no", .unix_socket = path}, "h2c", {});
  REQUIRE(refused);
  CHECK(refused->response.status == 404);
  CHECK(refused->response.body == "no page");
  CHECK_FALSE(refused->connection);
}

TEST_CASE("query strings are percent-encoded") {
  CHECK(http::query_string({}).empty());
  CHECK(http::query_string({{"a b", "1&2"}, {"ü", "~x/"}}) == "?a%20b=1%262&%C3%BC=~x%2F");
}

TEST_CASE("a request whose bytes would change its shape is refused unsent, and no value is shown") {
  const auto refused = [](const http::Request& request) {
    const auto sent = http::Client().send(request, {});
    const auto opened = http::Upgraded::open(request, "tcp", {});
    REQUIRE_FALSE(sent);
    REQUIRE_FALSE(opened);
    CHECK(sent.error().message == opened.error().error.message);
    return sent.error().message;
  };
  const std::string url = "http://127.0.0.1:1/x";
  using namespace std::string_literals;
  for (const auto& value : {"s3cret\r\nX-Inj: 1"s, "s3cret\n"s, "s3cret\0"s})
    CHECK(refused({.url = url, .headers = {{"X-T", value}}}) ==
          "GET http://127.0.0.1:1/x: the value of header X-T has a line break or zero byte");
  CHECK(refused({.url = url, .headers = {{"X:T", "v"}}}) == "GET http://127.0.0.1:1/x: a header has an invalid name");
  CHECK(refused({.method = "GET /smuggled HTTP/1.1\r\n", .url = url}) == "the request's method is not a word");
  for (const auto& path : {" y"s, "\r\nHost: h"s, "\0"s, "\x7f"s})
    CHECK(refused({.url = url + path}) == "GET: a space or control character in the URL must be percent-encoded");
}

}  // namespace saasctl::http_test
