// The engine is asked while the stack's files are read.
#include "commands/connecting.hpp"

#include <chrono>
#include <thread>

#include "catch.hpp"
#include "local_server.hpp"
#include "temporary_folder.hpp"

namespace saasctl::connecting_test {

using namespace saasctl::commands;
using saasctl::test::LocalServer;
using namespace std::chrono_literals;

namespace {

// A session whose engine is what listens at the folder's socket.
struct SomeSession {
  explicit SomeSession(const TemporaryFolder& folder)
      : environment{{"DOCKER_HOST", "unix://" + (folder.path() / "engine").string()},
                    {"DOCKER_CONFIG", folder.path().string()}} {}

  GlobalOptions options;
  yaml::Variables environment;
  terminal::Terminal terminal{{terminal::ProgressMode::quiet, true}};
  std::stop_source signal;
  Session session{options, environment, terminal, signal.get_token()};
};

void be_silent(int, const std::string&, const std::stop_token& stop) {
  while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
}

}  // namespace

TEST_CASE("the engine that has answered meanwhile is handed over, and what is wrong with it is told when it is asked") {
  const TemporaryFolder folder;
  const SomeSession some(folder);
  Connecting nobody(some.session);
  const auto missing = nobody.finish();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::no_engine);

  const LocalServer server(folder.path() / "engine", [](int connection, const std::string&, const std::stop_token&) {
    LocalServer::write(connection, "HTTP/1.1 200 OK\r\nApi-Version: 1.43\r\nContent-Length: 0\r\n\r\n");
  });
  Connecting engine(some.session);
  const auto client = engine.finish();
  REQUIRE(client);
  CHECK(client->api_version() == engine::ApiVersion{1, 43});
}

TEST_CASE("an engine that does not answer keeps nobody who has given up, and a signal ends the wait for it") {
  const TemporaryFolder folder;
  SomeSession some(folder);
  const LocalServer server(folder.path() / "engine", be_silent);
  const auto begun = std::chrono::steady_clock::now();
  { const Connecting unwanted(some.session); }
  Connecting wanted(some.session);
  some.signal.request_stop();
  const auto client = wanted.finish();
  REQUIRE_FALSE(client);
  CHECK(client.error().kind == ErrorKind::interrupted);
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

}  // namespace saasctl::connecting_test
