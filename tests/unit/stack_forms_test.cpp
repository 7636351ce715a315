#include "catch.hpp"
#include "stack_text.hpp"

using namespace saasctl::stack;

namespace {

// The keys of one service as the declarations write them back, on one line of JSON.
std::string written(const std::string& keys, Mode mode = Mode::resolve, Style style = Style::source) {
  const auto read = read_text(
      one_service(keys) + "networks: {n: , m: }\nvolumes: {data: }\nsecrets: {s: {file: s}}\nconfigs: {c: {file: c}}\n",
      mode);
  CHECK(read.errors() == "");
  if (!read.document) return "";
  auto json = service_record().write(read.service(), style);
  json.erase("image");
  return json.dump();
}

std::string first_error(const std::string& keys) {
  const auto read = read_text(one_service(keys));
  return read.diagnostics.empty() ? "" : read.diagnostics.list().front().message;
}

}  // namespace

TEST_CASE("ports in every form") {
  CHECK(written("ports: [80, \"8080:80\", \"127.0.0.1:81:80/udp\", \"[::1]:82:80\", \"127.0.0.1::83\"]") ==
        R"({"ports":["80","8080:80","127.0.0.1:81:80/udp","[::1]:82:80","127.0.0.1::83"]})");
  CHECK(written("ports: [\"8000-8002:80-82\"]") == R"({"ports":["8000:80","8001:81","8002:82"]})");
  CHECK(written("ports: [{target: 80, published: \"8080\", host_ip: 127.0.0.1, protocol: tcp}]") ==
        R"({"ports":["127.0.0.1:8080:80"]})");
}

TEST_CASE("a port's short and long forms mean the same") {
  CHECK(written("ports: [\"127.0.0.1:8080:80/udp\"]", Mode::resolve, Style::canonical) ==
        written("ports: [{target: 80, published: 8080, host_ip: 127.0.0.1, protocol: udp}]", Mode::resolve,
                Style::canonical));
}

TEST_CASE("a port keeps its variables where it is rendered") {
  CHECK(written("ports: [\"${IP:-127.0.0.1}:${P:-80}:80\", \"${Q:-8000-8001}:90-91\", \"${R}:70\"]", Mode::keep) ==
        R"({"ports":["${IP:-127.0.0.1}:${P:-80}:80","${Q:-8000-8001}:90-91","${R}:70"]})");
}

TEST_CASE("wrong ports") {
  for (const auto* port : {"0", "65536", "x", "80:", "1:2:3:4", "80/tcpp", "90-80:90-80", "8000-8001:80-83",
                           "nowhere:80:80", "[::1]80", "-1", "1e3"}) {
    INFO(port);
    CHECK_FALSE(first_error("ports: [\"" + std::string(port) + "\"]").empty());
  }
  CHECK(first_error("ports: [{target: 80-82}]") == "'80-82' is not a port from 1 to 65535");
  CHECK(first_error("ports: [{published: 80}]") == "missing key 'target' in port");
  CHECK(first_error("ports: [{target: 80, host_ip: localhost}]") == "'localhost' is not an IP address");
  CHECK(first_error("ports: 80") == "expected a list of ports, found a number");
  CHECK(first_error("expose: [http]") == "'http' is not a port such as 80, 53/udp or 3000-3005");
}

TEST_CASE("mounts in every form") {
  CHECK(written("volumes: [\"data:/a\", \"./conf:/b:ro\", \"~/x:/c:rw\", /d, {type: tmpfs, target: /e}, {type: bind, "
                "source: /f, target: /f, read_only: true}]") ==
        R"({"volumes":["data:/a","./conf:/b:ro","~/x:/c","/d",{"type":"tmpfs","target":"/e"},"/f:/f:ro"]})");
  CHECK(written("volumes: [\"${D:-./data}:/a\"]", Mode::keep) == R"({"volumes":["${D:-./data}:/a"]})");
}

TEST_CASE("wrong mounts") {
  CHECK(first_error("volumes: [\"data:relative\"]") == "the mount's target 'relative' is not an absolute path");
  CHECK(first_error("volumes: [\"a:/b:zz\"]").find("is not a mount such as") != std::string::npos);
  CHECK(first_error("volumes: [{type: bind, target: /x}]") == "a bind mount needs a source");
  CHECK(first_error("volumes: [{type: tmpfs, source: data, target: /x}]") == "a tmpfs mount has no source");
  CHECK(first_error("volumes: [{type: bind, source: ., target: x}]") ==
        "the mount's target 'x' is not an absolute path");
  CHECK(first_error("volumes: [{type: nfs, target: /x}]") ==
        "'nfs' is not one of volume, bind, tmpfs, image, npipe, cluster");
  CHECK(first_error("volumes: [\"dta:/x\"]") == "unknown volume 'dta'");
}

TEST_CASE("networks, grants and builds are written short or long") {
  CHECK(written("networks: [n, m]") == R"({"networks":["n","m"]})");
  CHECK(written("networks: {n: , m: {aliases: [w]}}") == R"({"networks":{"n":{},"m":{"aliases":["w"]}}})");
  CHECK(written("secrets: [s, {source: s, target: t, mode: 0440}]") ==
        R"({"secrets":["s",{"source":"s","target":"t","mode":"0440"}]})");
  CHECK(written("configs: [{source: c, target: /c}]") == R"({"configs":[{"source":"c","target":"/c"}]})");
  CHECK(written("build: ./dir") == R"({"build":{"context":"./dir"}})");
}

TEST_CASE("a name stands in a list once") {
  CHECK(first_error("networks: [default, default]") == "'default' stands in this list already");
}

TEST_CASE("environments are maps or lists") {
  CHECK(written("environment: {A: 1, B: , C: \"x\", D: true}") ==
        R"({"environment":{"A":"1","B":null,"C":"x","D":"true"}})");
  CHECK(written("environment: [A=1, B, \"C=x=y\"]") == R"({"environment":{"A":"1","B":null,"C":"x=y"}})");
  CHECK(first_error("environment: [\"=x\"]") == "'=x' has no name before its value");
  CHECK(first_error("environment: {A: [1]}") == "expected a single value, found a list");
  CHECK(first_error("environment: A=1") == "expected a map or a list of KEY=VALUE, found a string");
}

TEST_CASE("a command is a line or a list, and nothing leaves the image's own") {
  CHECK(written("command: sh -c 'a b'") == R"({"command":["sh","-c","a b"]})");
  CHECK(written("command: [sh, 1]") == R"({"command":["sh","1"]})");
  CHECK(written("command:") == "{}");
  CHECK(written("command: run ${A:-x}", Mode::keep) == R"({"command":["run","${A:-x}"]})");
  CHECK(first_error("command: \"a 'b\"") == "the command line lacks a closing '");
  const auto read = read_text(one_service("command: run ${A:-x y}"), Mode::keep);
  CHECK(read.errors().find("stands for several words") != std::string::npos);
}

TEST_CASE("numbers and sizes keep the user's text") {
  CHECK(written("mem_limit: 64M\npids_limit: 5\nshm_size: 1024\nstop_grace_period: 90s\ncpus: 0.5") ==
        R"({"mem_limit":"64M","cpus":"0.5","pids_limit":5,"shm_size":"1024","stop_grace_period":"90s"})");
  CHECK(written("mem_limit: 64M\nstop_grace_period: 90s", Mode::resolve, Style::canonical) ==
        R"({"mem_limit":"64M","stop_grace_period":"1m30s"})");
  CHECK(first_error("cpus: 1e300") == "'1e300' is not a number from 0 to 1000000");
  CHECK(first_error("cpus: -1") == "'-1' is not a number from 0 to 1000000");
  CHECK(first_error("mem_limit: lots") == "'lots' is not a size such as 64M, 1.5G or a number of bytes");
  CHECK(first_error("stop_grace_period: 10") ==
        "'10' is not a duration such as 500ms, 10s or 1m30s (a unit is missing: did you mean 10s?)");
  CHECK(first_error("ulimits: {nofile: {soft: 1}}") == "missing key 'hard' in ulimit");
}

TEST_CASE("values of the wrong type are refused") {
  CHECK(first_error("read_only: maybe") == "expected true or false, found 'maybe'");
  CHECK(first_error("read_only:") == "expected true or false, found nothing");
  CHECK(first_error("hostname:") == "expected a string, found nothing");
  CHECK(first_error("user: [a]") == "expected a single value, found a list");
  CHECK(first_error("deploy: 5") == "expected a map with the keys of deploy, found a number");
  CHECK(first_error("healthcheck: {test: [echo]}").starts_with("a healthcheck's test is [CMD"));
  CHECK(first_error("restart: sometimes") == "'sometimes' is not no, always, unless-stopped or on-failure[:times]");
}

TEST_CASE("a boolean that has no value yet cannot be rendered") {
  CHECK(read_text(one_service("read_only: ${RO}"), Mode::keep).errors().find("'${RO}' has no value to render") !=
        std::string::npos);
  CHECK(read_text(one_service("read_only: ${RO:-true}"), Mode::keep).errors().empty());
}

TEST_CASE("ready takes one kind of probe, at a port that is published") {
  CHECK(written("ports: [80]\nready: {http: \":80/x\", every: 25ms}") ==
        R"({"ports":["80"],"ready":{"http":":80/x","every":"25ms"}})");
  CHECK(first_error("ready: {tcp: 80, exec: [x]}") == "ready takes exactly one of http, tcp, exec and log, not 2");
  CHECK(written("ready: {log: \"^ready [0-9]+$\"}") == R"({"ready":{"log":"^ready [0-9]+$"}})");
  CHECK(first_error("ready: {log: \"(\"}").find("regular expression") != std::string::npos);
  CHECK(first_error("ready: {tcp: 80}") == "port 80 is not published, so nobody outside can ask it");
  CHECK(read_text(one_service("ports: [80]\nready: {http: \"${R}\"}"), Mode::keep).errors().empty());
}

TEST_CASE("defaults reach every service, whose own keys are laid over them") {
  const auto read = read_text(
      "defaults: {restart: always, cap_drop: [ALL], deploy: {resources: {limits: {cpus: 1, memory: 1g}}}}\n"
      "services:\n  a: {image: x, cap_drop: [KILL], deploy: {resources: {limits: {memory: 2g}}}}\n  x-b: {image: y, "
      "restart: \"no\"}\n");
  CHECK(read.errors() == "");
  CHECK(read.service("a").restart == "always");
  CHECK(read.service("a").cap_drop == std::vector<std::string>{"ALL", "KILL"});
  CHECK(read.service("a").deploy->resources->limits->memory->text == "2g");
  CHECK(read.service("a").deploy->resources->limits->cpus->text == "1");
  CHECK(read.service("x-b").restart == "no");
  CHECK(read.service("x-b").cap_drop == std::vector<std::string>{"ALL"});
}

TEST_CASE("a key of Compose that is not supported is named, an x- key passes") {
  CHECK(first_error("provider: {type: x}").find("key 'provider' of Compose is not supported in service: ") == 0);
  CHECK(written("x-note: [1]") == "{}");
}
