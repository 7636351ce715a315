#include <fstream>

#include "catch.hpp"
#include "engine/auth.hpp"
#include "engine/client.hpp"
#include "engine/endpoint.hpp"
#include "engine/events.hpp"
#include "engine/exec.hpp"
#include "engine/images.hpp"
#include "engine/json_lines.hpp"
#include "engine/logs.hpp"
#include "engine/time.hpp"
#include "local_server.hpp"
#include "temporary_folder.hpp"
#include "util/digest.hpp"

namespace saasctl::engine_test {

using namespace saasctl::engine;
using test::LocalServer;

namespace {

void write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

void add_context(const std::filesystem::path& folder, const std::string& name, const std::string& host) {
  write(folder / "contexts/meta" / sha256_hex(name) / "meta.json",
        R"({"Name":")" + name + R"(","Endpoints":{"docker":{"Host":")" + host + R"(","SkipTLSVerify":false}}})");
}

// An engine that pings with the given headers and answers everything else with `answer`.
LocalServer::Handler fake_engine(std::string ping_headers, std::string answer) {
  return [=](int connection, const std::string& request, std::stop_token) {
    const bool ping = request.starts_with("HEAD /_ping ");
    LocalServer::write(connection, ping ? "HTTP/1.1 200 OK\r\nConnection: close\r\n" + ping_headers + "\r\n" : answer);
  };
}

Endpoint at(const std::filesystem::path& socket) {
  return {.host = "unix://" + socket.string(), .unix_socket = socket, .source = "the test"};
}

}  // namespace

TEST_CASE("the endpoint is chosen as docker chooses it") {
  const TemporaryFolder folder;
  add_context(folder.path(), "one", "tcp://one:1");
  add_context(folder.path(), "two", "unix:///two.sock");
  add_context(folder.path(), "three", "tcp://three:3");
  Environment environment{{"DOCKER_CONFIG", folder.path().string()}};
  CHECK(resolve_endpoint({}, environment)->unix_socket == "/var/run/docker.sock");

  write(folder.path() / "config.json", R"({"currentContext":"three"})");
  CHECK(resolve_endpoint({}, environment)->base_url == "http://three:3");
  environment["DOCKER_CONTEXT"] = "two";
  CHECK(resolve_endpoint({}, environment)->unix_socket == "/two.sock");
  environment["DOCKER_HOST"] = "tcp://env:4";
  CHECK(resolve_endpoint({}, environment)->base_url == "http://env:4");
  CHECK(resolve_endpoint({.host = "unix:///opt.sock"}, environment)->unix_socket == "/opt.sock");
  const auto by_context = resolve_endpoint({.context = "one"}, environment);
  CHECK(by_context->base_url == "http://one:1");
  CHECK(by_context->source == "context 'one' (--context)");
  CHECK(resolve_endpoint({.context = "default"}, environment)->unix_socket == "/var/run/docker.sock");
}

TEST_CASE("published ports are on the machine of the engine") {
  const auto at = [](const std::string& host, const std::string& address) {
    const auto endpoint = resolve_endpoint({.host = host}, {});
    REQUIRE(endpoint);
    return published_host(*endpoint, address);
  };
  CHECK(at("unix:///run/docker.sock", "0.0.0.0") == "127.0.0.1");
  CHECK(at("unix:///run/docker.sock", "127.0.0.2") == "127.0.0.2");
  CHECK(at("tcp://far:2375", "") == "far");
  CHECK(at("tcp://[fd00::1]:2375", "::") == "fd00::1");
  CHECK(at("ssh://me@far:22/run/docker.sock", "0.0.0.0") == "far");
}

TEST_CASE("TLS comes from the environment or from the context") {
  const TemporaryFolder folder;
  Environment environment{{"DOCKER_CONFIG", folder.path().string()}, {"DOCKER_HOST", "tcp://far"}};
  CHECK(resolve_endpoint({}, environment)->base_url == "http://far:2375");
  environment["DOCKER_TLS_VERIFY"] = "1";
  const auto verified = resolve_endpoint({}, environment);
  CHECK(verified->base_url == "https://far:2376");
  CHECK(verified->tls.ca == folder.path() / "ca.pem");
  CHECK(verified->tls.verify_peer);
  environment["DOCKER_TLS_VERIFY"] = "";
  environment["DOCKER_CERT_PATH"] = "/certs";
  const auto encrypted = resolve_endpoint({}, environment);
  CHECK(encrypted->tls.key == "/certs/key.pem");
  CHECK_FALSE(encrypted->tls.verify_peer);

  add_context(folder.path(), "safe", "tcp://[::1]:99");
  write(folder.path() / "contexts/tls" / sha256_hex("safe") / "docker/ca.pem", "");
  CHECK(resolve_endpoint({.context = "safe"}, environment)->base_url == "https://[::1]:99");
}

TEST_CASE("an engine behind ssh is reached with docker's own words") {
  const auto command = [](const std::string& host) {
    const auto endpoint = resolve_endpoint({}, {{"DOCKER_HOST", host}});
    REQUIRE(endpoint);
    CHECK(endpoint->unix_socket.empty());
    std::string line;
    for (const auto& word : endpoint->command) line += (line.empty() ? "" : " ") + word;
    return line;
  };
  CHECK(command("ssh://far") == "ssh -o ConnectTimeout=30 -T -- far docker system dial-stdio");
  CHECK(command("ssh://me@far:2222/") == "ssh -o ConnectTimeout=30 -T -l me -p 2222 -- far docker system dial-stdio");
  CHECK(command("ssh://[::1]:22/run/user/7/it's.sock") ==
        "ssh -o ConnectTimeout=30 -T -p 22 -- ::1 docker '--host=unix:///run/user/7/it'\\''s.sock' system dial-stdio");
}

TEST_CASE("a context's TLS material is what there is of it") {
  const TemporaryFolder folder;
  const Environment environment{{"DOCKER_CONFIG", folder.path().string()}, {"DOCKER_CONTEXT", "c"}};
  const auto meta = folder.path() / "contexts/meta" / sha256_hex("c") / "meta.json";
  write(meta, R"({"Endpoints":{"docker":{"Host":"tcp://far:1","SkipTLSVerify":true}}})");
  const auto unverified = resolve_endpoint({}, environment);
  CHECK(unverified->base_url == "https://far:1");
  CHECK_FALSE(unverified->tls.verify_peer);
  CHECK(unverified->tls.cert.empty());

  add_context(folder.path(), "c", "tcp://far:1");
  CHECK(resolve_endpoint({}, environment)->base_url == "http://far:1");
  const auto material = folder.path() / "contexts/tls" / sha256_hex("c") / "docker";
  write(material / "cert.pem", "");
  write(material / "key.pem", "");
  const auto by_system = resolve_endpoint({}, environment);
  CHECK(by_system->base_url == "https://far:1");
  CHECK(by_system->tls.ca.empty());
  CHECK(by_system->tls.key == material / "key.pem");
  CHECK(by_system->tls.verify_peer);
}

TEST_CASE("a bad endpoint is a usage error that names its source") {
  for (const auto* host :
       {"unix://", "tcp://", "tcp://a/b", "/var/run/docker.sock", "nonsense", "", "ssh://", "ssh://me@", "ssh://@far",
        "ssh://-oProxyCommand=x", "ssh://me:word@far", "ssh://far:", "ssh://far:0", "ssh://far:x", "ssh://far/a?b"}) {
    INFO(host);
    const auto bad = resolve_endpoint({.host = host}, {});
    REQUIRE_FALSE(bad);
    CHECK(bad.error().kind == ErrorKind::usage);
    CHECK(bad.error().message.starts_with("--host"));
  }
  CHECK(resolve_endpoint({.context = "nowhere"}, {{"HOME", "/nonexistent"}}).error().message ==
        "Docker context 'nowhere' (chosen by --context) does not exist");
  CHECK(resolve_endpoint({.host = "tcp://a:1", .context = "b"}, {}).error().kind == ErrorKind::usage);
}

TEST_CASE("an engine that does not answer is reported in one line with a way out") {
  const TemporaryFolder folder;
  const auto missing = Client::connect(at(folder.path() / "none.sock"), {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::no_engine);
  CHECK(missing.error().message.ends_with("(the test): the socket does not exist"));
  CHECK_FALSE(missing.error().hint.empty());

  const auto dead = folder.path() / "dead.sock";
  {
    const LocalServer server(dead, [](int, const std::string&, std::stop_token) {});
  }
  const auto refused = Client::connect(at(dead), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.ends_with("connection refused"));

  const auto old = folder.path() / "old.sock";
  const LocalServer server(old, fake_engine("Api-Version: 1.40\r\n", ""));
  const auto too_old = Client::connect(at(old), {});
  REQUIRE_FALSE(too_old);
  CHECK(too_old.error().kind == ErrorKind::no_engine);
  CHECK(too_old.error().message.find("too old: its API is 1.40, at least 1.41 is needed") != std::string::npos);

  const auto other = folder.path() / "web.sock";
  const LocalServer web(other, fake_engine("Server: nginx\r\n", ""));
  CHECK(Client::connect(at(other), {}).error().message.find("is not a Docker Engine") != std::string::npos);
}

TEST_CASE("the version is the smaller of both, and Podman is told apart") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "s";
  {
    const LocalServer server(path, fake_engine("Api-Version: 1.55\r\nBuilder-Version: 2\r\n", ""));
    const auto client = Client::connect(at(path), {});
    REQUIRE(client);
    CHECK(client->api_version() == maximum_api);
    CHECK(client->has_buildkit());
  }
  std::filesystem::remove(path);
  const LocalServer server(path,
                           fake_engine("Api-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\nBuilder-Version:\r\n", ""));
  const auto podman = Client::connect(at(path), {});
  REQUIRE(podman);
  CHECK(podman->api_version() == ApiVersion{1, 41});
  CHECK(podman->is_podman());
  CHECK_FALSE(podman->has_buildkit());
}

TEST_CASE("the engine's refusals keep its words") {
  const TemporaryFolder folder;
  const std::tuple<std::string, std::string, ErrorKind, std::string> cases[] = {
      {"404 Not Found", R"({"message":"No such container: x"})", ErrorKind::not_found, "No such container: x"},
      {"409 Conflict", R"({"message":"in use"})", ErrorKind::conflict, "in use"},
      // Podman's 409.
      {"500 Internal Server Error", R"({"cause":"that name is already in use","message":"x is taken"})",
       ErrorKind::conflict, "x is taken"},
      {"500 Internal Server Error", R"({"cause":"network is being used","message":"n is in use"})", ErrorKind::conflict,
       "n is in use"},
      {"500 Internal Server Error", R"({"cause":"container state improper","message":"it does not run"})",
       ErrorKind::conflict, "it does not run"},
      {"500 Internal Server Error", "plain words\n", ErrorKind::failed, "plain words"},
      {"500 Internal Server Error", "", ErrorKind::failed, "the engine answered with status 500"}};
  for (const auto& [status, body, fault, message] : cases) {
    const auto path = folder.path() / "s";
    const LocalServer server(path, fake_engine("Api-Version: 1.41\r\n", LocalServer::answer(status, body)));
    const auto client = Client::connect(at(path), {});
    REQUIRE(client);
    const auto response = client->send({.path = ApiPath("/x")}, {});
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == fault);
    CHECK(response.error().message == message);
    std::filesystem::remove(path);
  }
}

TEST_CASE("an engine that goes away in the middle is no engine, a body that cannot be produced is not its fault") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "s";
  const LocalServer server(path,
                           fake_engine("Api-Version: 1.41\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"));
  const auto client = Client::connect(at(path), {});
  REQUIRE(client);
  const auto broken = client->send({.path = ApiPath("/x")}, {});
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind == ErrorKind::no_engine);
  CHECK(client->upgrade({.method = "POST", .path = ApiPath("/session")}, "h2c", {}).has_value());
  const auto mine = client->send({.method = "POST",
                                  .path = ApiPath("/x"),
                                  .upload = [](std::span<char>) -> Result<std::size_t> { return failure("my disk"); }},
                                 {});
  REQUIRE_FALSE(mine);
  CHECK(mine.error().kind == ErrorKind::failed);
  CHECK(mine.error().message == "my disk");
}

TEST_CASE("an event that comes twice is given once") {
  const TemporaryFolder folder;
  const auto line = [](int nano, const std::string& action) {
    return R"({"Type":"container","Action":")" + action +
           R"(","Actor":{"ID":"c1","Attributes":{"name":"web"}},"timeNano":)" + std::to_string(nano) + "}\n";
  };
  const auto body = line(5, "start") + line(5, "start") + line(5, "die") + line(6, "start");
  const LocalServer server(folder.path() / "s",
                           fake_engine("Api-Version: 1.41\r\n", LocalServer::answer("200 OK", body)));
  const auto client = Client::connect(at(folder.path() / "s"), {});
  REQUIRE(client);
  std::vector<std::string> seen;
  bool opened = false;
  const auto result = subscribe_events(
      *client, {}, Timestamp{},
      [&](const Event& event) {
        seen.push_back(event.action + "@" + std::to_string(event.time.time_since_epoch().count()) +
                       event.attributes.at("name"));
        return true;
      },
      {}, [&] { opened = true; });
  CHECK(seen == std::vector<std::string>{"start@5web", "die@5web", "start@6web"});
  CHECK(opened);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::no_engine);
}

TEST_CASE("a pull that fails in its stream is an error with the registry's words") {
  const TemporaryFolder folder;
  const std::string body =
      "{\"status\":\"Pulling\",\"id\":\"l1\",\"progressDetail\":{\"current\":1,\"total\":9}}\n"
      "{\"errorDetail\":{\"message\":\"manifest unknown\"},\"error\":\"manifest unknown\"}\n";
  const LocalServer server(folder.path() / "s",
                           fake_engine("Api-Version: 1.41\r\n", LocalServer::answer("200 OK", body)));
  const auto client = Client::connect(at(folder.path() / "s"), {});
  std::vector<PullProgress> seen;
  const auto pulled = pull_image(*client, "a/b:c", {.progress = [&](const PullProgress& p) { seen.push_back(p); }}, {});
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().kind == ErrorKind::not_found);
  CHECK(pulled.error().message == "cannot pull a/b:c: manifest unknown");
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].layer == "l1");
  CHECK(seen[0].total == 9);
}

TEST_CASE("multiplexed output is put together however it is cut") {
  const std::string out("\x01\0\0\0\0\0\0\x05hello", 13);
  const std::string err(
      "\x02\0\0\0\0\0\0\x03"
      "bad",
      11);
  const std::string empty("\x01\0\0\0\0\0\0\0", 8);
  const auto all = out + empty + err + out;
  for (std::size_t cut = 1; cut <= all.size(); ++cut) {
    std::string stdout_text;
    std::string stderr_text;
    Demultiplexer demultiplexer(false, [&](Stream stream, std::string_view bytes) {
      (stream == Stream::standard_output ? stdout_text : stderr_text) += bytes;
    });
    for (std::size_t i = 0; i < all.size(); i += cut) REQUIRE(demultiplexer.feed(std::string_view(all).substr(i, cut)));
    CHECK(stdout_text == "hellohello");
    CHECK(stderr_text == "bad");
  }
  Demultiplexer broken(false, [](Stream, std::string_view) {});
  CHECK_FALSE(broken.feed("HTTP/1.1"));
  std::string raw;
  Demultiplexer terminal(true, [&](Stream, std::string_view bytes) { raw += bytes; });
  CHECK(terminal.feed("as it is"));
  CHECK(raw == "as it is");
}

namespace {

// What a log's bytes are as lines: "out 12:00:01 text".
class ReadLog {
 public:
  explicit ReadLog(bool tty, std::size_t enough = SIZE_MAX, LogReader::Parts parts = LogReader::Parts::full)
      : reader_(
            tty,
            [this, enough](const LogLine& line) {
              const auto since = line.time ? line.time->time_since_epoch().count() / 1'000'000'000 : 0;
              lines_.push_back((line.stream == Stream::standard_output ? "out " : "err ") + std::to_string(since) +
                               " " + std::string(line.text));
              return lines_.size() < enough;
            },
            parts) {}

  void feed(std::string_view bytes, std::size_t cut = SIZE_MAX) {
    while (!bytes.empty()) {
      REQUIRE(reader_.feed(bytes.substr(0, cut)));
      bytes.remove_prefix(std::min(cut, bytes.size()));
    }
  }

  std::vector<std::string> finish() {
    reader_.finish();
    return lines_;
  }

  bool wants_more() const { return reader_.wants_more(); }

 private:
  LogReader reader_;
  std::vector<std::string> lines_;
};

std::string frame(Stream stream, const std::string& payload) {
  const auto size = payload.size();
  std::string out{static_cast<char>(stream == Stream::standard_error ? 2 : 1), 0, 0, 0};
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift & 0xff);
  return out + payload;
}

std::string at_second(int second) {
  return "1970-01-01T00:00:0" + std::to_string(second) + ".000000000Z ";
}

}  // namespace

TEST_CASE("a line that the engine cut into parts is one line with the time of the first part") {
  const std::string part(16384, 'x');
  const auto out = [](const std::string& payload) { return frame(Stream::standard_output, payload); };
  const auto err = [](const std::string& payload) { return frame(Stream::standard_error, payload); };
  const auto log = out(at_second(1) + part) + err(at_second(2) + "warning\n") + out(at_second(2) + part) +
                   err(at_second(3) + part) + out(at_second(3) + "end\n") + err(at_second(4) + "\n") +
                   out(at_second(5) + "\n") + out(at_second(6) + at_second(7) + "text\n") + out(at_second(8) + "a b");
  const std::vector<std::string> expected{"err 2 warning", "out 1 " + part + part + "end",   "err 3 " + part,
                                          "out 5 ",        "out 6 " + at_second(7) + "text", "out 8 a b"};
  for (const std::size_t cut : {1U, 7U, 33U, 16384U, 16420U, 100000U}) {
    ReadLog read(false);
    read.feed(log, cut);
    CHECK(read.finish() == expected);
  }
}

TEST_CASE("with a terminal, parts of a long line are told by their size") {
  const std::string part(16384, 'x');
  const auto log = at_second(1) + part + at_second(2) + part + at_second(3) + "end\r\n" + at_second(4) + part +
                   at_second(5) + "\r\n" + at_second(6) + "short 1970-01-01T00:00:09.000000000Z \r\n" + at_second(7);
  const std::vector<std::string> expected{"out 1 " + part + part + "end", "out 4 " + part,
                                          "out 6 short 1970-01-01T00:00:09.000000000Z ", "out 7 "};
  for (const std::size_t cut : {1U, 7U, 33U, 16384U, 16420U, 100000U}) {
    ReadLog read(true);
    read.feed(log, cut);
    CHECK(read.finish() == expected);
  }
  // An engine that does not cut lines.
  ReadLog whole(true);
  whole.feed(at_second(1) + part + part + "end of it\n" + at_second(2) + "next\n");
  CHECK(whole.finish() == std::vector<std::string>{"out 1 " + part + part + "end of it", "out 2 next"});
}

// As Docker 20.10 sends what its driver `local` has kept.
TEST_CASE("the last part of a long line may lack the line's end") {
  const std::string part(16384, 'x');
  const auto out = [](const std::string& payload) { return frame(Stream::standard_output, payload); };
  const auto frames = out(at_second(1) + part) + out(at_second(1) + "end") + out(at_second(2) + "next\n") +
                      out(at_second(3) + part) + out(at_second(3)) + out(at_second(4) + "last");
  const std::vector<std::string> expected{"out 1 " + part + "end", "out 2 next", "out 3 " + part, "out 4 last"};
  const auto terminal = at_second(1) + part + at_second(1) + "end\r" + at_second(2) + "next\r\n" + at_second(3) + part +
                        at_second(3) + "\r" + at_second(4) + "last";
  for (const std::size_t cut : {1U, 7U, 33U, 16384U, 16420U, 100000U}) {
    ReadLog read(false), from_terminal(true);
    read.feed(frames, cut);
    CHECK(read.finish() == expected);
    from_terminal.feed(terminal, cut);
    CHECK(from_terminal.finish() == expected);
  }
  // A carriage return that is no line's end.
  ReadLog progress(true);
  progress.feed(at_second(1) + part + at_second(1) + "50%\r100% done\r\n" + at_second(2) + "next\r\n");
  CHECK(progress.finish() == std::vector<std::string>{"out 1 " + part + "50%\r100% done", "out 2 next"});
  // Podman's parts are of any size.
  ReadLog podman(false, SIZE_MAX, LogReader::Parts::any);
  podman.feed(out(at_second(1) + "a") + out(at_second(2) + "b") + out(at_second(3) + "c\n"));
  CHECK(podman.finish() == std::vector<std::string>{"out 1 abc"});
}

TEST_CASE("lines without a time, without an end and beyond a mebibyte") {
  ReadLog plain(false);
  plain.feed(frame(Stream::standard_output, "no time here\n\nx"));
  CHECK(plain.finish() == std::vector<std::string>{"out 0 no time here", "out 0 ", "out 0 x"});
  ReadLog huge(false);
  const std::string part(16384, 'x');
  for (int i = 0; i < 64; ++i) huge.feed(frame(Stream::standard_output, at_second(1) + part));
  huge.feed(frame(Stream::standard_output, at_second(2) + "\n") + frame(Stream::standard_output, at_second(3) + "y\n"));
  const auto lines = huge.finish();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].size() == (1U << 20) + 6);
  CHECK(lines[1] == "out 3 y");
  ReadLog enough(false, 1);
  enough.feed(frame(Stream::standard_output, at_second(1) + "a\n") +
              frame(Stream::standard_output, at_second(2) + "b\n"));
  CHECK_FALSE(enough.wants_more());
  CHECK(enough.finish().size() == 1);
}

TEST_CASE("lines of JSON are put together however they are cut") {
  const std::string all = "{\"a\":1}\r\n\n{\"a\":2}\n";
  for (std::size_t cut = 1; cut <= all.size(); ++cut) {
    std::vector<int> seen;
    JsonLines lines([&](const nlohmann::json& line) {
      seen.push_back(line.at("a"));
      return true;
    });
    for (std::size_t i = 0; i < all.size(); i += cut) REQUIRE(lines.feed(std::string_view(all).substr(i, cut)));
    CHECK(seen == std::vector<int>{1, 2});
  }
  JsonLines one([](const nlohmann::json&) { return false; });
  CHECK(one.feed(all) == false);
  JsonLines bad([](const nlohmann::json&) { return true; });
  CHECK_FALSE(bad.feed("not json\n"));
}

TEST_CASE("timestamps are read to the nanosecond") {
  using namespace std::chrono;
  const auto expected = Timestamp(sys_days(2026y / 1 / 2) + 3h + 4min + 5s + 123456789ns);
  CHECK(parse_timestamp("2026-01-02T03:04:05.123456789Z") == expected);
  CHECK(parse_timestamp("2026-01-02T05:34:05.123456789+02:30") == expected);
  CHECK(parse_timestamp("2261-12-31T23:59:59.999999999Z"));
  CHECK_FALSE(parse_timestamp("3026-06-02T03:04:05.123456789Z"));
  CHECK(parse_timestamp("2026-01-02T03:04:05.5Z") == Timestamp(sys_days(2026y / 1 / 2) + 3h + 4min + 5s + 500ms));
  CHECK(unix_seconds(Timestamp(5s + 7ns)) == "5.000000007");
  for (const auto* text : {"0001-01-01T00:00:00Z", "", "2026-01-02", "2026-13-02T03:04:05Z", "2026-01-02T03:04:05",
                           "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05Zjunk", "2026-02-30T03:04:05Z"}) {
    INFO(text);
    CHECK_FALSE(parse_timestamp(text));
  }
}

TEST_CASE("references split into name and tag, and tell their registry") {
  using Pair = std::pair<std::string, std::string>;
  CHECK(split_reference("redis") == Pair("redis", "latest"));
  CHECK(split_reference("redis:7") == Pair("redis", "7"));
  CHECK(split_reference("h:5000/a/b") == Pair("h:5000/a/b", "latest"));
  CHECK(split_reference("h:5000/a:1") == Pair("h:5000/a", "1"));
  CHECK(split_reference("a@sha256:00") == Pair("a", "sha256:00"));
  CHECK(registry_host("redis:7") == "docker.io");
  CHECK(registry_host("me/redis") == "docker.io");
  CHECK(registry_host("localhost/x") == "localhost");
  CHECK(registry_host("h:5000/a:1") == "h:5000");
  CHECK(full_reference("redis") == "docker.io/library/redis:latest");
  CHECK(full_reference("docker.io/redis:7") == "docker.io/library/redis:7");
  CHECK(full_reference("me/redis@sha256:00") == "docker.io/me/redis@sha256:00");
  CHECK(full_reference("h:5000/a/b:1") == "h:5000/a/b:1");
  CHECK(short_reference("docker.io/library/redis:7") == "redis:7");
  CHECK(short_reference("docker.io/me/redis") == "me/redis");
  CHECK(short_reference("h:5000/library/a:1") == "h:5000/library/a:1");
}

TEST_CASE("credentials are found where docker keeps them") {
  const TemporaryFolder folder;
  CHECK_FALSE(registry_credentials(folder.path(), "docker.io", {})->has_value());
  write(folder.path() / "config.json", R"({"auths":{
    "https://index.docker.io/v1/":{"auth":")" +
                                           base64_encode("hub:se:cret") + R"("},
    "127.0.0.1:5000":{"identitytoken":"tok"}, "empty.example":{}, "broken.example":{"auth":"!"}}})");
  const auto hub = registry_credentials(folder.path(), "registry-1.docker.io", {});
  REQUIRE((hub && *hub));
  CHECK((*hub)->username == "hub");
  CHECK((*hub)->password == "se:cret");
  const auto local = registry_credentials(folder.path(), "127.0.0.1:5000", {});
  REQUIRE((local && *local));
  CHECK((*local)->identity_token == "tok");
  CHECK_FALSE(registry_credentials(folder.path(), "empty.example", {})->has_value());
  CHECK_FALSE(registry_credentials(folder.path(), "other.example", {})->has_value());
  CHECK_FALSE(registry_credentials(folder.path(), "broken.example", {}));
  const auto header = base64_decode(registry_auth_header(**hub));
  REQUIRE(header);
  CHECK(nlohmann::json::parse(*header)["serveraddress"] == "https://index.docker.io/v1/");
}

TEST_CASE("a helper that is not installed is named") {
  const TemporaryFolder folder;
  write(folder.path() / "config.json", R"({"credHelpers":{"r.example":"surely-not-there"}})");
  const auto found = registry_credentials(folder.path(), "r.example", {});
  REQUIRE_FALSE(found);
  CHECK(found.error().message.find("docker-credential-surely-not-there") != std::string::npos);
}

TEST_CASE("filters leave out what is empty") {
  CHECK(filters_json({{"label", {"a=b", "c"}}, {"type", {}}}) == R"({"label":["a=b","c"]})");
}

TEST_CASE("the engine's refusals to start a command are told from other errors, whatever status they came with") {
  const auto code = [](ErrorKind fault, const std::string& message) {
    return engine::exec_start_failure({fault, message});
  };
  CHECK(code(ErrorKind::failed, "OCI runtime exec failed: exec: \"x\": executable file not found in $PATH") == 127);
  CHECK(code(ErrorKind::not_found, "OCI runtime attempted to invoke a command that was not found") == 127);
  CHECK(code(ErrorKind::failed, "exec: \"/etc/passwd\": permission denied") == 126);
  CHECK(code(ErrorKind::failed, "unable to find user nobody-else: no matching entries in passwd file") == 126);
  CHECK(code(ErrorKind::not_found, "unable to find user nobody-else: no matching entries in passwd file") == 126);
  CHECK_FALSE(code(ErrorKind::not_found, "No such container: web"));
  CHECK_FALSE(code(ErrorKind::failed, "container is paused"));
}

}  // namespace saasctl::engine_test
