// Who is named as the holder of a host port.
#include "execute/port_taken.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "engine/client.hpp"
#include "local_server.hpp"
#include "plan/labels.hpp"
#include "temporary_folder.hpp"

namespace saasctl::port_taken_test {

using namespace saasctl::test;
using nlohmann::json;

namespace {

json row(const std::string& id, const std::string& name, int port, const std::string& protocol,
         const std::map<std::string, std::string>& labels) {
  return {{"Id", id},
          {"Names", {"/" + name}},
          {"State", "running"},
          {"Status", "Up 1 second"},
          {"Labels", labels},
          {"Ports", {{{"IP", "0.0.0.0"}, {"PrivatePort", 80}, {"PublicPort", port}, {"Type", protocol}}}}};
}

const std::map<std::string, std::string> of_shop{{std::string(plan::label::project), "shop"},
                                                 {std::string(plan::label::service), "db"}};

// What is said of an engine's error when these containers run and the new one wants 8080/tcp.
Error said(const std::string& message, const json& running) {
  const TemporaryFolder folder;
  const json own = {{"Id", "own"},
                    {"Name", "/sim-web-1"},
                    {"HostConfig", {{"PortBindings", {{"80/tcp", {{{"HostIp", ""}, {"HostPort", "8080"}}}}}}}},
                    {"Config", json::object()},
                    {"State", {{"Status", "created"}}}};
  const LocalServer server(folder.path() / "s", [&](int connection, const std::string& request, std::stop_token) {
    if (request.starts_with("HEAD"))
      return LocalServer::write(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nApi-Version: 1.41\r\n\r\n");
    const bool list = request.find("/containers/json") != std::string::npos;
    LocalServer::write(connection, LocalServer::answer("200 OK", (list ? running : own).dump()));
  });
  const auto client =
      engine::Client::connect({.host = "unix://s", .unix_socket = folder.path() / "s", .source = "the test"}, {});
  REQUIRE(client);
  return execute::port_taken(*client, {ErrorKind::failed, message}, "own", "sim", {});
}

const std::string taken = "Bind for 0.0.0.0:8080 failed: port is already allocated";

}  // namespace

TEST_CASE("a host port that a container holds is reported with that container, its service and its project") {
  const auto error = said(
      taken, json::array({row("1", "shop-web-1", 9090, "tcp", of_shop), row("2", "shop-db-1", 8080, "tcp", of_shop)}));
  CHECK(error.kind == ErrorKind::conflict);
  CHECK(error.message ==
        "the host port 8080 is taken by the container shop-db-1 (service db of the project shop): " + taken);
  CHECK(error.hint ==
        "stop that container (saasctl -p shop stop db), or publish another one (ports: in the stack file, or the "
        "variable that it comes from)");
}

TEST_CASE("a holder of the same project is reported as such, and one without a project by its name") {
  auto own_labels = of_shop;
  own_labels[std::string(plan::label::project)] = "sim";
  CHECK(
      said(taken, json::array({row("2", "sim-db-1", 8080, "tcp", own_labels)}))
          .message.starts_with("the host port 8080 is taken by the container sim-db-1 (service db of this project): "));
  const auto plain = said(taken, json::array({row("2", "proxy", 8080, "tcp", {})}));
  CHECK(plain.message == "the host port 8080 is taken by the container proxy: " + taken);
  CHECK(plain.hint.starts_with("stop that container (docker stop proxy), or "));
}

TEST_CASE("a container that was made by run is stopped by its name") {
  auto labels = of_shop;
  labels[std::string(plan::label::one_off)] = "True";
  CHECK(said(taken, json::array({row("2", "shop-db-run-1", 8080, "tcp", labels)}))
            .hint.starts_with("stop that container (docker stop shop-db-run-1), or "));
}

TEST_CASE("the port is found in the messages of engines") {
  const json running = json::array({row("2", "proxy", 8080, "tcp", {})});
  for (const char* message :
       {"driver failed programming external connectivity on endpoint web (3f:9): Bind for :::8080 failed: port is "
        "already allocated",
        "listen tcp4 0.0.0.0:8080: bind: address already in use",
        "ports are not available: exposing port TCP 127.0.0.1:8080 -> 127.0.0.1:0: listen tcp 127.0.0.1:8080",
        "rootlessport listen tcp [fe80::1]:8080: bind: address already in use"}) {
    INFO(message);
    CHECK(said(message, running).message.starts_with("the host port 8080 is taken by the container proxy: "));
  }
}

TEST_CASE("a container on the same number of another protocol, or on another port, is not named") {
  for (const auto& other :
       {row("2", "dns", 8080, "udp", {}), row("2", "proxy", 80, "tcp", {}), row("own", "sim-web-1", 8080, "tcp", {})}) {
    const auto error = said(taken, json::array({other}));
    CHECK(error.message == "a host port is taken: " + taken);
    CHECK(error.hint.find("restart the engine") != std::string::npos);
  }
}

TEST_CASE("an error about another thing comes back as it is") {
  const auto error = said("no space left on device", json::array());
  CHECK(error.kind == ErrorKind::failed);
  CHECK(error.message == "no space left on device");
  CHECK(error.hint == "");
}

}  // namespace saasctl::port_taken_test
