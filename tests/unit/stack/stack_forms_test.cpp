#include "catch.hpp"
#include "stack_text.hpp"

namespace saasctl::stack_forms_test {

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
  CHECK(written("ports: [\"${IP:-127.0.0.1}:${P:-80}:80\", \"${Q:-8000-8001}:90-91\", \"${R}:70\"]", Mode::verbatim) ==
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
  CHECK(written("volumes: [\"${D:-./data}:/a\"]", Mode::verbatim) == R"({"volumes":["${D:-./data}:/a"]})");
}

TEST_CASE("the target of a mount is a clean path") {
  CHECK(written("volumes: [\"data:/a/\", \"./x:/in/../in2//c/\", \"/t/.\", {type: tmpfs, target: //u/../v/}]") ==
        R"({"volumes":["data:/a","./x:/in2/c","/t",{"type":"tmpfs","target":"/v"}]})");
  CHECK(written("volumes: [\"data:${T:-/a/..}/b/\"]", Mode::verbatim) == R"({"volumes":["data:${T:-/a/..}/b"]})");
}

TEST_CASE("paths of Windows stay as they are written") {
  CHECK(
      written(R"(volumes: ['C:\x\..\y:/w:ro', 'c:/y/../z/:/v', '\\server\share:/s', 'e:\z:c:\target', './x:c:/y'])") ==
      R"({"volumes":["C:\\x\\..\\y:/w:ro","c:/y/../z/:/v","\\\\server\\share:/s","e:\\z:c:\\target","./x:c:/y"]})");
  // A volume of one letter is a volume.
  CHECK(read_text(one_service("volumes: [\"d:/x\", \"e:/y:ro\", \"f:/z:z\"]") + "volumes: {d: , e: , f: }\n")
            .errors()
            .empty());
}

TEST_CASE("wrong mounts") {
  CHECK(first_error("volumes: [\"data:relative\"]") == "the mount's target 'relative' is not an absolute path");
  CHECK(first_error("volumes: [\"a:/b:zz\"]").find("is not a mount such as") != std::string::npos);
  CHECK(first_error("volumes: [{type: bind, target: /x}]") == "a bind mount needs a source");
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
  CHECK(first_error("networks: [default, default]") == "'default' is in this list already");
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
  CHECK(written("command: run ${A:-x}", Mode::verbatim) == R"({"command":["run","${A:-x}"]})");
  CHECK(first_error("command: \"a 'b\"") == "the command line lacks a closing '");
  const auto read = read_text(one_service("command: run ${A:-x y}"), Mode::verbatim);
  CHECK(read.errors().find("expands to several words") != std::string::npos);
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

TEST_CASE("what hangs on a variable is rendered as it is written, whatever its type") {
  CHECK(written("read_only: ${RO}\ninit: ${I:-true}\nmem_limit: ${M:-1g}\npids_limit: ${P}\nstop_grace_period: ${S}",
                Mode::verbatim, Style::canonical) ==
        R"({"mem_limit":"${M:-1g}","pids_limit":"${P}","init":"${I:-true}","stop_grace_period":"${S}",)"
        R"("read_only":"${RO}"})");
  CHECK(read_text(one_service("depends_on: [\"${D}\"]"), Mode::verbatim).errors().empty());
}

TEST_CASE("booleans are words in any case, with and without quotes") {
  CHECK(written("read_only: Yes\ninit: \"on\"\ntty: Y\nprivileged: OFF\nstdin_open: n") ==
        R"({"init":true,"read_only":true,"privileged":false,"tty":true,"stdin_open":false})");
  CHECK(first_error("tty: t") == "expected true or false, found 't'");
}

TEST_CASE("a mode without quotes is the number that YAML says, with quotes it is octal") {
  const auto mode = [](const std::string& text) {
    const auto read =
        read_text(one_service("secrets: [{source: s, mode: " + text + "}]") + "secrets: {s: {file: s}}\n");
    return read.diagnostics.empty() ? *read.service().secrets.at(0).mode : read.diagnostics.list().front().hint;
  };
  for (const auto* text : {"0400", "0o400", "256", "0x100", "\"400\"", "\"0400\""}) CHECK(mode(text) == "0400");
  CHECK(mode("7777") == "without a 0 before it the number is decimal: write 07777");
}

TEST_CASE("a port without a number on the host is any free one") {
  CHECK(written("ports: [\":443:443\", \":80\", \"0:81\", \"127.0.0.1:0:82\", \"0:83\", \"84/TCP\"]") ==
        R"({"ports":["443:443","80","0:81","127.0.0.1:0:82","0:83","84"]})");
  CHECK(written("ports: [{target: 80, published: \"\", host_ip: \"\", protocol: UDP}]") == R"({"ports":["80/udp"]})");
}

TEST_CASE("an address of IPv6 stands before a port with or without brackets") {
  CHECK(written("ports: [\"::1:8080:80\", \"[::1]:8081:80\", \":::82:80\", \"::1::83\", "
                "\"2001:db8::1:8080-8081:84-85/udp\", \"::ffff:1.2.3.4:86:86\", \"1:2:3:4:5:6:7:8:80:90\"]") ==
        R"({"ports":["[::1]:8080:80","[::1]:8081:80","[::]:82:80","[::1]::83","[2001:db8::1]:8080:84/udp",)"
        R"("[2001:db8::1]:8081:85/udp","[::ffff:1.2.3.4]:86:86","[1:2:3:4:5:6:7:8]:80:90"]})");
  for (const auto* port : {"::8080:80", "fe80::1:80", "::1:80:", "[::1]:80", "x:1:2:3", "[::1:80:80", "::1]:80:80"}) {
    INFO(port);
    CHECK_FALSE(first_error("ports: [\"" + std::string(port) + "\"]").empty());
  }
}

TEST_CASE("a wrong port says what to write") {
  const auto says = [](const std::string& port) {
    return read_text(one_service("ports: [\"" + port + "\"]")).errors();
  };
  CHECK(says("80-79").find("it runs backwards, write 79-80") != std::string::npos);
  CHECK(says("fe80::1:80").find("write [[address:]published:]target[/protocol]") != std::string::npos);
}

TEST_CASE("a named volume may be labelled anew, in the short and the long form") {
  CHECK(written("volumes: [\"data:/x:z\"]") == R"({"volumes":["data:/x:z"]})");
  CHECK(written("volumes: [{type: volume, source: data, target: /x/, bind: {selinux: Z}}]") ==
        R"({"volumes":["data:/x:Z"]})");
  CHECK(first_error("volumes: [{type: volume, source: data, target: /x, bind: {propagation: slave}}]") ==
        "options of a bind in a mount of type volume");
}

TEST_CASE("values that Compose takes although they say little") {
  CHECK(written("restart: \"\"\nhealthcheck: {test: []}\nmemswap_limit: 1g") ==
        R"({"healthcheck":{},"memswap_limit":"1g"})");
  CHECK(written("volumes: [{type: tmpfs, source: data, target: /x}]") ==
        R"({"volumes":[{"type":"tmpfs","source":"data","target":"/x"}]})");
  CHECK(written("mem_limit: 0x10\nshm_size: 1e3\nmem_reservation: -1\nstop_grace_period: 1d", Mode::resolve,
                Style::canonical) ==
        R"({"mem_limit":"16","shm_size":"1000","mem_reservation":"-1","stop_grace_period":"24h0m0s"})");
}

TEST_CASE("a host without address and a hook without command are refused at their line") {
  CHECK(
      read_text(one_service("extra_hosts: [abc]")).errors().starts_with("stack.yaml:4:19: error: the host 'abc' has"));
  CHECK(read_text(one_service("post_start:\n  - user: a\n    command: []"))
            .errors()
            .starts_with("stack.yaml:6:9: error: a hook without a command"));
}

TEST_CASE("what is wrong with a value comes with what to do") {
  for (const auto* keys : {"user: [a]", "deploy: 5", "cap_add: x", "mem_limit: lots", "stop_grace_period: soon",
                           "tty: perhaps", "restart: maybe", "cpus: x", "pids_limit: x", "cgroup: zz", "ports: [x]"}) {
    INFO(keys);
    const auto read = read_text(one_service(keys));
    REQUIRE(read.diagnostics.list().size() == 1);
    CHECK_FALSE(read.diagnostics.list().front().hint.empty());
  }
}

TEST_CASE("ready takes one kind of probe, at a port that is published") {
  CHECK(written("ports: [80]\nready: {http: \":80/x\", every: 25ms}") ==
        R"({"ports":["80"],"ready":{"http":":80/x","every":"25ms"}})");
  CHECK(first_error("ready: {tcp: 80, exec: [x]}") == "ready takes exactly one of http, tcp, exec and log, not 2");
  CHECK(written("ready: {log: \"^ready [0-9]+$\"}") == R"({"ready":{"log":"^ready [0-9]+$"}})");
  CHECK(first_error("ready: {log: \"(\"}").find("regular expression") != std::string::npos);
  CHECK(first_error("ready: {tcp: 80}") == "port 80 is not published, so it cannot be reached from outside");
  CHECK(read_text(one_service("ports: [80]\nready: {http: \"${R}\"}"), Mode::verbatim).errors().empty());
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
  for (const auto* keys : {"provider: {type: x}", "use_api_socket: true"})
    CHECK(first_error(keys).find("' of Compose is not supported in ") != std::string::npos);
  CHECK(read_text("jobs: {}\nservices: {web: {image: x}}\n").errors().find("key 'jobs' of Compose is not supported") !=
        std::string::npos);
  CHECK(written("x-note: [1]") == "{}");
}

}  // namespace saasctl::stack_forms_test
