// Image references and names that an engine takes, read from stack files.
#include "stack/image_reference.hpp"

#include "catch.hpp"
#include "project_files.hpp"
#include "stack_text.hpp"

namespace saasctl::image_reference_test {

using namespace saasctl::stack;

namespace {

const std::string hex64 = "dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c";

// A stack of one service `web` with these keys only.
std::string keys_only(const std::string& keys) {
  return "services:\n  web: {" + keys + "}\n";
}

}  // namespace

// Most of these stand in distribution/reference, normalize_test.go and reference_test.go.
TEST_CASE("an image reference is what distribution/reference takes") {
  for (const std::string& reference : std::vector<std::string>{
           "busybox",
           "redis:latest",
           "docker/docker",
           "docker.io/library/debian",
           "127.0.0.1:5000/docker/docker",
           "192.168.0.1",
           "192.168.0.1:80",
           "localhost/a",
           "localhost:5000/a:1",
           "[fc00::1]:5000/docker",
           "[2001:db8::1]/a/b",
           "Docker/docker",
           "FOO/bar",
           "test_com/foo",
           "my_private.registry:5000/redis",
           "xn--n3h.com:18080/foo",
           "docker---rules/docker",
           "dock__er/docker",
           "a.b_c__d---e/f",
           "d/docker",
           "a:" + std::string(128, 'x'),
           "a:_1.2-3",
           "a@sha256:" + hex64,
           "a:1@sha256:" + hex64,
           "host:5000/a:1@sha512:" + hex64 + hex64,
           "sha256:" + hex64,
           hex64,
           "dbcc1",
           std::string(255, 'a'),
       }) {
    INFO(reference);
    CHECK(fault_of_reference(reference).value_or("") == "");
  }
}

TEST_CASE("what is not an image reference is reported with the part that is wrong") {
  struct Case {
    std::string reference;
    std::string fault;
  };
  for (const auto& [reference, fault] : std::vector<Case>{
           {"", "it names no repository"},
           {"Bad Name", "the repository 'Bad Name' must be lower-case"},
           {"a b", "'a b' is not a part of a repository's name"},
           {"x/../../volumes/victim#", "'..' is not a part of a repository's name"},
           {"x/./y", "'.' is not a part of a repository's name"},
           {"a\n", "'a\n' is not a part of a repository's name"},
           {"docker/Docker", "the repository 'docker/Docker' must be lower-case"},
           {"https://github.com/docker/docker", "'https:' is not a host"},
           {"-docker/docker", "'-docker' is not a part of a repository's name"},
           {"docker-/docker", "'docker-' is not a part of a repository's name"},
           {"-docker.io/docker", "'-docker.io' is not a host"},
           {"a..b/c", "'a..b' is not a host"},
           {"docker///docker", "'' is not a part of a repository's name"},
           {"docker/", "'' is not a part of a repository's name"},
           {"docker.io/", "it names no repository"},
           {"/a", "'' is not a part of a repository's name"},
           {"a___b", "'a___b' is not a part of a repository's name"},
           {"fc00::1:5000/debian", "'fc00::1:5000' is not a host"},
           {"[fe80::1%eth0]:5000/debian", "'[fe80::1%eth0]:5000' is not a host"},
           {"[fc00::1]", "':1]' is not a tag"},
           {"a:", "'' is not a tag"},
           {"a:-1", "'-1' is not a tag"},
           {"a:b:c", "'b:c' is not a tag"},
           {"a:" + std::string(129, 'x'), "'" + std::string(129, 'x') + "' is not a tag"},
           {"a@sha256:00", "'sha256:00' is not a digest"},
           {"a@md5:" + hex64, "'md5:" + hex64 + "' is not a digest"},
           {"a@", "'' is not a digest"},
           {std::string(256, 'a'), "the repository is longer than 255 characters"},
       }) {
    INFO(reference);
    CHECK(fault_of_reference(reference).value_or("none") == fault);
  }
}

TEST_CASE("an invalid reference is an error of the file, wherever it stands") {
  CHECK(
      read_text("services:\n  web:\n    image: 'x/../../volumes/victim#'\n").errors() ==
      "stack.yaml:3:5: error: invalid image reference 'x/../../volumes/victim#': '..' is not a part of a repository's "
      "name\n"
      "     3 |     image: 'x/../../volumes/victim#'\n"
      "       |     ^~~~~\n"
      "       = " +
          std::string(reference_hint) + "\n");
  const auto has = [](const std::string& text, const std::string& part) {
    const auto errors = read_text(text).errors();
    INFO(errors);
    CHECK(errors.find(part) != std::string::npos);
  };
  has(keys_only("image: a, build: {context: ., tags: ['b:1', 'c d']}"), "invalid image reference 'c d'");
  has(keys_only("image: a, build: {context: ., cache_from: ['../x']}"), "invalid image reference '../x'");
  has(keys_only("image: a, volumes: [{type: image, source: '..', target: /x}]"), "invalid image reference '..'");
  has(keys_only("image: '${NAME}/../y'"), "invalid image reference '/../y'");
  CHECK(read_text(keys_only("image: a, build: {context: ., cache_from: ['type=registry,ref=a/b']}")).errors().empty());
  // Not before the variables are known, and not of a service that is not active.
  CHECK(read_text(keys_only("image: '${NAME}/../y'"), Mode::verbatim).errors().empty());
  CHECK(read_text("services: {web: {image: a}, off: {image: 'a:${TAG}', profiles: [p]}}").errors().empty());
}

TEST_CASE("an image that is empty after its variables are replaced is none") {
  const std::string unset = "services:\n  web: {image: '${IMAGE}'}\n";
  CHECK(read_text(unset).errors() ==
        "stack.yaml:2:9: error: service 'web' has neither an image nor a build context: its image is empty\n"
        "     2 |   web: {image: '${IMAGE}'}\n"
        "       |         ^~~~~\n"
        "       = name an image, or set the variable that it comes from\n");
  CHECK(read_text(unset, Mode::verbatim).errors().empty());
  CHECK(read_text(unset, Mode::resolve, environment_of({{"IMAGE", "a:1"}})).errors().empty());
  const project::ProjectFiles built(
      project::Files{{"stack.yaml", "name: shop\nservices: {web: {image: '${IMAGE}', build: .}}\n"}});
  CHECK(built.project().find("web")->image == "shop-web");
  CHECK_FALSE(built.project().find("web")->pull_allowed);
}

TEST_CASE("names of containers, networks, volumes and projects are those that an engine takes") {
  const auto errors = [](const std::string& text) { return read_text(text).errors(); };
  for (const std::string name : {"x/../y", "-x", "a b", "ä1", "..", "a\\tb"}) {
    INFO(name);
    CHECK(errors(keys_only("image: a, container_name: \"" + name + "\"")).find("invalid container name") !=
          std::string::npos);
    CHECK(errors("services: {web: {image: a}}\nvolumes: {v: {name: \"" + name + "\"}}\n").find("invalid volume name") !=
          std::string::npos);
  }
  CHECK(errors(keys_only("image: a, container_name: ''")).empty());
  CHECK(errors(keys_only("image: a, container_name: web.1_a-b")).empty());
  CHECK(errors(keys_only("image: a, container_name: w")).empty());
  CHECK(errors("services: {web: {image: a}}\nvolumes: {v: {name: a/b, driver: other}}\n").empty());
  CHECK(errors("services: {web: {image: a}}\nnetworks: {n: {name: 'a b'}}\n").empty());
  for (const std::string name : {"", "x/../y", "..", "a\\nb", "/a"}) {
    INFO(name);
    CHECK(
        errors("services: {web: {image: a}}\nnetworks: {n: {name: \"" + name + "\"}}\n").find("invalid network name") !=
        std::string::npos);
    CHECK(errors("services: {web: {image: a}}\nvolumes: {v: {name: \"" + name + "\", external: true}}\n")
              .find("invalid volume name") != std::string::npos);
  }
  const project::ProjectFiles files(project::Files{{"stack.yaml", "services: {web: {image: a}}\n"}});
  CHECK(files.load({}, Mode::resolve, std::string(200, 'p')));
  const auto longer = files.load({}, Mode::resolve, std::string(100'000, 'p'));
  REQUIRE_FALSE(longer);
  CHECK(longer.error().kind == ErrorKind::usage);
  CHECK(longer.error().message ==
        "the project name 'pppppppppppppppppppp…' has 100000 characters, at most 200 are possible");
}

}  // namespace saasctl::image_reference_test
