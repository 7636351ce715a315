// What the user reads when an engine hangs, breaks off, answers nonsense or cannot be reached.
#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include "catch.hpp"
#include "engine/archives.hpp"
#include "engine/auth.hpp"
#include "engine/client.hpp"
#include "engine/container_stats.hpp"
#include "engine/containers.hpp"
#include "engine/images.hpp"
#include "engine/json.hpp"
#include "engine/json_lines.hpp"
#include "engine/logs.hpp"
#include "engine/networks.hpp"
#include "engine/volumes.hpp"
#include "local_server.hpp"
#include "temporary_folder.hpp"
#include "util/digest.hpp"
#include "util/file.hpp"
#include "util/guarded.hpp"

namespace saasctl::engine_failures_test {

using namespace saasctl::engine;
using test::LocalServer;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view pong = "HTTP/1.1 200 OK\r\nConnection: close\r\nApi-Version: 1.41\r\n\r\n";

// An engine that answers by the start of the request, after its ping; what no answer begins with gets none at all.
class Engine {
 public:
  explicit Engine(std::map<std::string, std::string, std::greater<>> answers)
      : answers_(std::move(answers)),
        server_(folder_.path() / "s", [this](int connection, const std::string& request, std::stop_token stop) {
          serve(connection, request, std::move(stop));
        }) {}

  Client client() const {
    auto client = Client::connect({.host = "unix://s", .unix_socket = folder_.path() / "s", .source = "the test"}, {});
    REQUIRE(client);
    return std::move(*client);
  }

 private:
  void serve(int connection, const std::string& request, std::stop_token stop) const {
    if (request.starts_with("HEAD /_ping ")) return LocalServer::write(connection, pong);
    for (const auto& [start, answer] : answers_) {
      if (!request.starts_with(start)) continue;
      return LocalServer::write(connection, answer);
    }
    LocalServer::hold(connection, std::move(stop));
  }

  const TemporaryFolder folder_;
  std::map<std::string, std::string, std::greater<>> answers_;  // a longer start before a shorter one
  const LocalServer server_;
};

std::string json(std::string_view body) {
  return LocalServer::answer("200 OK", body);
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

template <typename T>
std::string message_of(const Result<T>& result) {
  return result ? "no error" : result.error().message;
}

}  // namespace

TEST_CASE("a connection that is cut is not called an engine that does not run") {
  const Engine engine(
      {{"GET /v1.41/info", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"},
       {"GET /v1.41/containers/x/json", json(R"({"Id":"x"})")},
       {"GET /v1.41/containers/x/logs", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}});
  const auto client = engine.client();
  const auto cut = client.send({.path = ApiPath("/info")}, {});
  REQUIRE_FALSE(cut);
  CHECK(cut.error().kind == ErrorKind::no_engine);
  CHECK(cut.error().message.starts_with(
      "the Docker Engine at unix://s (the test) broke off its answer to GET /info: transfer closed"));
  CHECK(cut.error().hint == "it may have been stopped or restarted: check that it runs, then run the command again");
  const auto logs = read_logs(client, "x", {}, [](const LogLine&) { return true; }, {});
  CHECK(message_of(logs).starts_with(
      "the Docker Engine at unix://s (the test) broke off its answer to GET /containers/x/logs: "));
}

TEST_CASE("an engine that is silent is reported with the call and the time") {
  const Engine engine({{"GET /v1.41/containers/x/json", json(R"({"Id":"x"})")}});
  const auto client = engine.client();
  const auto late = client.send({.path = ApiPath("/info"), .timeout = 50ms}, {});
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timeout);
  CHECK(late.error().message ==
        "the Docker Engine at unix://s (the test) did not complete GET /info: timed out after 1 s");
  const auto idle = read_logs(client, "x", {.idle_timeout = 50ms}, [](const LogLine&) { return true; }, {});
  REQUIRE_FALSE(idle);
  CHECK(idle.error().kind == ErrorKind::timeout);
  CHECK(idle.error().message ==
        "the Docker Engine at unix://s (the test) did not complete GET /containers/x/logs: nothing was transferred "
        "for 1 s");
}

TEST_CASE("a stream with pauses shorter than its limit is read to its end, however long it takes") {
  const TemporaryFolder folder;
  const LocalServer server(folder.path() / "s", [](int connection, const std::string& request, const std::stop_token&) {
    if (request.starts_with("HEAD")) return LocalServer::write(connection, pong);
    LocalServer::write(connection, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 12; ++i) {
      std::this_thread::sleep_for(100ms);
      LocalServer::write(connection, "x");
    }
  });
  const auto client =
      Client::connect({.host = "unix://s", .unix_socket = folder.path() / "s", .source = "the test"}, {});
  REQUIRE(client);
  std::string got;
  const auto read = client->send({.path = ApiPath("/x"),
                                  .on_data =
                                      [&](std::string_view bytes) {
                                        got += bytes;
                                        if (got.size() == 1)
                                          std::this_thread::sleep_for(1200ms);  // a reader in a pager
                                        return true;
                                      },
                                  .timeout = 0ms,
                                  .idle_timeout = 1000ms},
                                 {});
  CHECK(message_of(read) == "no error");
  CHECK(got == "xxxxxxxxxxxx");
}

TEST_CASE("an answer of the wrong form is an error, and never none") {
  for (const std::string body : {"{}", "5", "\"x\"", "null", "[5]", "[[]]", "", "<html>"}) {
    INFO(body);
    const Engine engine({{"GET ", json(body)}, {"POST ", json(body)}});
    const auto client = engine.client();
    CHECK(message_of(list_networks(client, {}, {})).starts_with("GET /networks: the engine's answer is not "));
    CHECK(message_of(list_volumes(client, {}, {})).starts_with("GET /volumes: the engine's answer is not "));
    CHECK(message_of(list_containers(client, {}, {})).starts_with("GET /containers/json: the engine's answer is not "));
    if (body != "null")
      CHECK(message_of(list_images(client, {}, {})).starts_with("GET /images/json: the engine's answer is not "));
    CHECK(
        message_of(create_container(client, "x", {}, {})).starts_with("POST /containers/create: the engine's answer"));
    CHECK(message_of(create_network(client, {{"Name", "x"}}, {})).starts_with("POST /networks/create: the engine's"));
    if (body != "{}") CHECK_FALSE(inspect_container(client, "x", {}));
  }
  const Engine empty({{"GET /v1.41/volumes", json(R"({"Volumes":null,"Warnings":null})")}, {"GET ", json("[]")}});
  CHECK(list_volumes(empty.client(), {}, {}).value().empty());
  CHECK(list_networks(empty.client(), {}, {}).value().empty());
}

TEST_CASE("JSON of an engine is not taken deeper than its limit") {
  CHECK(detail::parse(nested(200)).is_array());
  CHECK(detail::parse(nested(100'000)).is_discarded());

  const auto deep = R"({"message":"no","a":)" + nested(100'000) + "}";
  const Engine engine({{"GET /v1.41/containers/json", json("[" + deep + "]")},
                       {"GET /v1.41/networks/n", LocalServer::answer("500 Internal Server Error", deep)},
                       {"POST /v1.41/images/create", json(deep + "\n")}});
  const auto client = engine.client();
  CHECK(message_of(list_containers(client, {}, {})) == "GET /containers/json: the engine's answer is not JSON");
  CHECK_FALSE(inspect_network(client, "n", {}));
  CHECK(message_of(pull_image(client, "a", {}, {})) ==
        "the engine sent a line that is not JSON, or is nested too deeply");
}

TEST_CASE("a message of an engine is cut at its limit, between characters") {
  std::string text = "a";
  while (text.size() < 400'000) text += "ü";
  const Engine engine({{"GET /v1.41/networks/n", LocalServer::answer("500 Internal Server Error", text)}});
  const auto message = message_of(inspect_network(engine.client(), "n", {}));
  CHECK(message == text.substr(0, 3'999) + "…");
}

TEST_CASE("a pull whose stream ends without a result counts only when the image exists") {
  const auto progress = R"({"status":"Pulling from a","id":"1"})" + std::string("\n");
  const auto missing = LocalServer::answer("404 Not Found", R"({"message":"No such image: a"})");
  const Engine absent({{"POST /v1.41/images/create", json(progress)}, {"GET /v1.41/images/a/json", missing}});
  const auto pulled = pull_image(absent.client(), "a", {}, {});
  CHECK(message_of(pulled) == "cannot pull a: the engine ended the pull without a result, and the image is missing");
  const Engine there({{"POST /v1.41/images/create", json("")}, {"GET /v1.41/images/a/json", json(R"({"Id":"1"})")}});
  CHECK(pull_image(there.client(), "a", {}, {}));
  // With a result nobody looks.
  const Engine done(
      {{"POST /v1.41/images/create", json(progress + R"({"status":"Status: Image is up to date for a"})" + "\n")},
       {"GET /v1.41/images/a/json", missing}});
  CHECK(pull_image(done.client(), "a", {}, {}));
}

TEST_CASE("why an address cannot be reached is told whole, and without a password") {
  const auto error_at = [](const std::string& host) {
    const auto endpoint = resolve_endpoint({.host = host}, {});
    if (!endpoint) return endpoint.error();
    const auto client = Client::connect(*endpoint, {});
    REQUIRE_FALSE(client);
    return client.error();
  };
  const auto unknown = error_at("tcp://nosuchhost.invalid:2375");
  CHECK(unknown.message ==
        "no Docker Engine answers at tcp://nosuchhost.invalid:2375 (--host): could not resolve host: "
        "nosuchhost.invalid");
  CHECK(error_at("tcp://me:secret@127.0.0.1:1").message ==
        "no Docker Engine answers at tcp://me:***@127.0.0.1:1 (--host): connection refused");
  for (const std::string host : {"tcp://me:secret@far/x", "foo://me:secret@far", "ssh://me:secret@far",
                                 "tcp://me:secret@a b", "tcp://me:secret@a#b", "tcp://me:secret@a?b",
                                 "tcp://me:x/secret@far", "ssh://me:x/secret@far", "me:x/secret@far"}) {
    INFO(host);
    CHECK(error_at(host).kind == ErrorKind::usage);
    CHECK(error_at(host).message.find("secret") == std::string::npos);
  }
  CHECK(resolve_endpoint({.host = "tcp://me:secret@far:1"}, {})->base_url == "http://me:secret@far:1");
  CHECK(resolve_endpoint({.host = "tcp://me:secret@far"}, {})->base_url == "http://me:secret@far:2375");
  CHECK(http::without_password("tcp://me@far:1/x:y@z") == "tcp://me@far:1/x:y@z");
  CHECK(http::without_password("http://a:b:c@d@far") == "http://a:***@far");
  CHECK(http::without_password("unix:///x") == "unix:///x");

  const auto longest = "unix:///" + std::string(106, 'a');
  CHECK(resolve_endpoint({.host = longest}, {}));
  const auto too_long = error_at(longest + "a");
  CHECK(too_long.kind == ErrorKind::usage);
  CHECK(too_long.message == "--host names a Unix socket with a path of 108 bytes; at most 107 are possible");
}

TEST_CASE("an upgrade sends a name and a password as libcurl does, not in the Host header") {
  std::string request_head;
  const LocalServer server([&](int connection, const std::string& request, const std::stop_token&) {
    request_head = request;
    LocalServer::write(connection, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
  });
  const auto url = server.url("/session");
  const auto answer = http::Upgraded::open({.method = "POST", .url = "http://me:secret@" + url.substr(7)}, "h2c", {});
  REQUIRE(answer);
  CHECK(request_head.find("secret") == std::string::npos);
  CHECK(request_head.find("\r\nHost: 127.0.0.1:") != std::string::npos);
  CHECK(request_head.find("\r\nAuthorization: Basic " + base64_encode("me:secret") + "\r\n") != std::string::npos);
}

TEST_CASE("no words of a library reach the user") {
  CHECK(exception_error(std::bad_alloc()).message == "out of memory");
  try {
    static_cast<void>(nlohmann::json(5).value("a", ""));
    FAIL("no exception");
  } catch (const std::exception& error) {
    CHECK(exception_error(error).message == "data with an unexpected form: cannot use value() with number");
  }
  const TemporaryFolder folder;
  REQUIRE(write_file_atomic(folder.path() / "config.json",
                            R"({"auths":{"reg:1":{"auth":")" + base64_encode("me:\xff") + R"("}}})"));
  CHECK(message_of(registry_credentials(folder.path(), "reg:1", {})) ==
        "the credentials for reg:1 in Docker's config.json are not UTF-8");
}

}  // namespace saasctl::engine_failures_test
