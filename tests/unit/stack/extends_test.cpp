#include <fmt/format.h>

#include "stack_files.hpp"

namespace saasctl::extends_test {

using namespace saasctl::stack;

namespace {

std::string user_of(const StackFiles& files, std::string_view name = "web") {
  const auto read = files.read({});
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  return read.service(name).user.value_or("");
}

}  // namespace

TEST_CASE("a service extends one of its file, by name or in a map, over any number of steps") {
  const StackFiles files(
      {{"a.yaml",
        "services:\n  web: {extends: mid, labels: {w: 1}}\n  mid: {extends: {service: base}, user: m, "
        "labels: {m: 1}}\n  base: {image: x, user: b, labels: {b: 1}}\n"}});
  const auto read = files.read({});
  REQUIRE(read.diagnostics.empty());
  CHECK(read.service().image == "x");
  CHECK(read.service().user == "m");
  CHECK(read.service().labels.size() == 3);
  CHECK(read.service("base").labels.size() == 1);
}

TEST_CASE("a service extends one of another file, whose paths start in its own folder") {
  const StackFiles files(
      {{"a.yaml", "services:\n  web: {extends: {file: sub/b.yaml, service: base}, volumes: [\"./mine:/m\"]}\n"},
       {"sub/b.yaml",
        "services:\n  base: {extends: {file: more/c.yaml, service: root}, volumes: [\"./data:/d\", \"named:/n\", "
        "\"/abs:/a\"]}\nvolumes: {named: }\n"},
       {"sub/more/c.yaml",
        "services:\n  root: {build: {context: ., dockerfile: D}, user: c, volumes: [\"../up:/u\"]}\n"},
       {"named.yaml", "volumes: {named: }\n"}});
  const auto read = files.read({.files = {"a.yaml", "named.yaml"}});
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  CHECK(std::filesystem::path(*read.service().build->context).lexically_normal() == "sub/more/");
  CHECK(read.service().build->dockerfile == "D");
  CHECK(read.service().user == "c");
  std::vector<std::string> sources;
  for (const auto& mount : read.service().volumes) sources.push_back(mount.source.value_or(""));
  CHECK(sources == std::vector<std::string>{"./sub/up", "./sub/data", "named", "/abs", "./mine"});
}

TEST_CASE("what a service resets is not taken from the one it extends, nor from an earlier file") {
  const StackFiles files({{"a.yaml", "services: {web: {image: x, user: a}}\n"},
                          {"b.yaml", "services: {base: {image: y, user: b}, web: {extends: base, user: !reset u}}\n"}});
  CHECK(files.read({.files = {"a.yaml", "b.yaml"}}).service().user == std::nullopt);
}

TEST_CASE("a cycle of extends is named in full with its places") {
  const StackFiles files({{"a.yaml", "services:\n  web: {image: x, extends: {file: b.yaml, service: base}}\n"},
                          {"b.yaml", "services:\n  base: {extends: {file: a.yaml, service: web}}\n"}});
  CHECK(files.errors({}).find("extends goes round in a circle: web (a.yaml:2:28) → base (b.yaml:2:19) → web") !=
        std::string::npos);
  const StackFiles self({{"a.yaml", "services:\n  web: {image: x, extends: web}\n"}});
  CHECK(self.errors({}) ==
        "a.yaml:2:28: error: extends goes round in a circle: web (a.yaml:2:28) → web\n"
        "     2 |   web: {image: x, extends: web}\n       |                            ^~~\n"
        "       = remove one of these extends\n");
}

TEST_CASE("an extends that leads nowhere says where it looked") {
  const StackFiles files(
      {{"a.yaml",
        "services:\n  web: {image: x, extends: bse}\n  two: {image: x, extends: {file: no.yaml, service: "
        "s}}\n  three: {image: x, extends: {file: b.yaml, service: s}}\n  four: {image: x, extends: "
        "{file: b.yaml}}\n  base: {image: x, extends: {service: web, with: y}}\n"},
       {"b.yaml", "services: {t: {image: y}}\n"}});
  const auto errors = files.errors({});
  CHECK(errors.find("a.yaml:2:28: error: no service 'bse' in this file to extend") != std::string::npos);
  CHECK(errors.find("did you mean 'base'?") != std::string::npos);
  CHECK(errors.find("a.yaml:3:35: error: cannot read no.yaml: No such file") != std::string::npos);
  CHECK(errors.find("a.yaml:4:54: error: no service 's' in b.yaml to extend") != std::string::npos);
  CHECK(errors.find("a.yaml:5:29: error: extends names no service") != std::string::npos);
  CHECK(errors.find("a.yaml:6:44: error: unknown key 'with' in extends") != std::string::npos);
}

TEST_CASE("a failed extends is the only error of its service, which may lack everything that the base would have") {
  const StackFiles files(
      {{"a.yaml",
        "services:\n  web: {extends: bse, ready: {http: \":80/\"}}\n  two: {extends: {file: no.yaml, service: s}}\n"
        "  three: {extends: {file: b.yaml, service: s}}\n  four: {extends: {file: b.yaml}, with: {a: b}}\n"
        "  five: {extends: web}\n  base: {image: x}\n  none: {user: a}\n"
        "verify:\n  - {name: n, http: GET web/, expect: {status: 200}}\n"},
       {"b.yaml", "services: {t: {image: y}}\n"},
       {"c.yaml", "services: {web: {user: u}}\n"}});
  for (const auto& names : {std::vector<std::string>{"a.yaml"}, {"a.yaml", "c.yaml"}}) {
    const auto read = files.read({.files = names});
    std::vector<std::string> messages;
    for (const auto& one : read.diagnostics.list()) messages.push_back(one.message);
    INFO(read.errors());
    REQUIRE(messages.size() == 5);
    CHECK(messages[0] == "no service 'bse' in this file to extend");
    CHECK(messages[1].find("/no.yaml: No such file") != std::string::npos);
    CHECK(messages[2].ends_with("/b.yaml to extend"));
    CHECK(messages[3] == "extends names no service");
    CHECK(messages[4] == "service 'none' has neither an image nor a build context");
  }
}

TEST_CASE("a service of an included file whose extends fails is reported once") {
  const StackFiles files({{"a.yaml", "include: [sub/b.yaml]\nservices: {web: {image: x}}\n"},
                          {"sub/b.yaml", "services: {base: {extends: {file: no.yaml, service: s}}}\n"}});
  const auto read = files.read({});
  INFO(read.errors());
  REQUIRE(read.diagnostics.list().size() == 1);
  CHECK(read.diagnostics.list().front().message.find("no.yaml") != std::string::npos);
}

TEST_CASE("a chain of extends without sensible length is refused") {
  std::string text = "services:\n";
  for (int i = 0; i < 2000; ++i) text += fmt::format("  s{}: {{image: x, extends: s{}}}\n", i, i + 1);
  const StackFiles files({{"a.yaml", text + "  s2000: {image: x}\n"}});
  CHECK(files.errors({}).find("a chain of more than 500 extends") != std::string::npos);
}

TEST_CASE("an extended file is read with the variables of the file that names it") {
  const StackFiles files({{"a.yaml", "services: {web: {extends: {file: \"${F}.yaml\", service: base}}}\n"},
                          {"b.yaml", "services: {base: {image: x, user: \"${U}\"}}\n"}});
  const auto read = files.read({.environment = {{"F", "b"}, {"U", "me"}}});
  CHECK(read.service().user == "me");
}

TEST_CASE("a service that extends itself from the same file through an override works") {
  const StackFiles files({{"a.yaml", "services: {web: {extends: {file: b.yaml, service: web}, user: a}}\n"},
                          {"b.yaml", "services: {web: {image: x, user: b}}\n"}});
  CHECK(user_of(files) == "a");
}

}  // namespace saasctl::extends_test
