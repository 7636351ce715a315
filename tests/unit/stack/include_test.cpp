#include "stack_files.hpp"

namespace saasctl::include_test {

using namespace saasctl::stack;

TEST_CASE("an included file brings its resources, and its paths start in its own folder") {
  const StackFiles files(
      {{"a.yaml", "include: [sub/b.yaml]\nservices: {web: {image: x, depends_on: [db]}}\n"},
       {"sub/b.yaml",
        "name: other\nservices:\n  db: {build: ., env_file: [db.env], volumes: [\"./d:/d\", \"data:/v\"], secrets: "
        "[s]}\n  plain: {build: {dockerfile: D}}\nvolumes: {data: }\nsecrets: {s: {file: ./s.txt}}\n"}});
  const auto read = files.read({});
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  CHECK(std::filesystem::path(*read.service("db").build->context).lexically_normal() == "sub/");
  CHECK(read.service("plain").build->context == "sub");
  CHECK(read.service("db").volumes.at(0).source == "./sub/d");
  CHECK(read.stack().secrets.find("s")->file == "sub/s.txt");
  CHECK_FALSE(read.stack().name);
}

TEST_CASE("the long form of an include: several files, a folder of their own, variables of their own") {
  const StackFiles files({{"a.yaml",
                           "include:\n  - path: [sub/b.yaml, sub/over.yaml]\n    project_directory: elsewhere\n    "
                           "env_file: [one.env, two.env]\nservices: {web: {image: \"x:${TAG:-none}\"}}\n"},
                          {"sub/b.yaml", "services: {db: {image: \"db:${TAG}-${OUTER}\", volumes: [\"./d:/d\"]}}\n"},
                          {"sub/over.yaml", "services: {db: {user: over, environment: [TAG, NOT_THERE]}}\n"},
                          {"one.env", "TAG=1\nOUTER=inner\n"},
                          {"two.env", "TAG=2${TAG}\n"}});
  const auto read = files.read({.environment = {{"OUTER", "outer"}}});
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  CHECK(read.service().image == "x:none");
  CHECK(read.service("db").image == "db:21-outer");
  CHECK(read.service("db").user == "over");
  CHECK(read.service("db").volumes.at(0).source == "./elsewhere/d");
  CHECK(*read.service("db").environment.find("TAG") == "21");
  CHECK(*read.service("db").environment.find("NOT_THERE") == std::nullopt);
}

TEST_CASE("without env_file the .env beside the included file counts, below the variables of the including one") {
  const StackFiles files({{"a.yaml", "include: [sub/b.yaml]\nservices: {web: {image: x}}\n"},
                          {"sub/b.yaml", "services: {db: {image: \"${A}-${B}\"}}\n"},
                          {"sub/.env", "A=in\nB=in\n"}});
  CHECK(files.read({.environment = {{"A", "out"}}}).service("db").image == "out-in");
}

TEST_CASE("includes nest, and a file that two of them include is no conflict") {
  const StackFiles files({{"a.yaml", "include: [s/b.yaml, c.yaml]\nservices: {web: {image: x}}\n"},
                          {"s/b.yaml", "include: [../t/d.yaml]\nservices: {b: {image: x}}\n"},
                          {"c.yaml", "include: [{path: t/d.yaml}]\nservices: {c: {image: x}}\n"},
                          {"t/d.yaml", "services: {d: {image: x, volumes: [\"./v:/v\"], cap_add: [A]}}\n"}});
  const auto read = files.read({});
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  CHECK(read.stack().services.size() == 4);
  CHECK(read.service("d").volumes.at(0).source == "./t/v");
  CHECK(read.service("d").cap_add.size() == 1);
}

TEST_CASE("the including file's own words on an included resource are laid over it") {
  const StackFiles files({{"a.yaml", "include: [b.yaml]\nservices: {web: {user: own, cap_add: !override [X]}}\n"},
                          {"b.yaml", "services: {web: {image: x, user: b, cap_add: [B]}}\n"}});
  const auto read = files.read({});
  REQUIRE(read.diagnostics.empty());
  CHECK(read.service().image == "x");
  CHECK(read.service().user == "own");
  CHECK(read.service().cap_add == std::vector<std::string>{"X"});
}

TEST_CASE("an included service can be extended and overridden by a later file") {
  const StackFiles files({{"a.yaml", "include: [b.yaml]\nservices: {web: {extends: base}}\n"},
                          {"b.yaml", "services: {base: {image: x, user: b}}\n"},
                          {"c.yaml", "services: {base: {user: c}}\n"}});
  const auto read = files.read({.files = {"a.yaml", "c.yaml"}});
  CHECK(read.service().user == "b");
  CHECK(read.service("base").user == "c");
}

TEST_CASE("a circle of includes is named in full with its places") {
  const StackFiles files({{"a.yaml", "include: [b.yaml]\nservices: {web: {image: x}}\n"},
                          {"b.yaml", "include:\n  - path: c.yaml\n"},
                          {"c.yaml", "include: [b.yaml]\n"}});
  CHECK(files.errors({}).find("c.yaml:1:11: error: include goes round in a circle: b.yaml → c.yaml (b.yaml:2:11) → "
                              "b.yaml") != std::string::npos);
}

TEST_CASE("files that include one another in ever more ways come to an end") {
  StackFiles files({{"a.yaml", "include: [f0.yaml]\nservices: {web: {image: x}}\n"}});
  for (int i = 0; i < 40; ++i) {
    const auto next = "f" + std::to_string(i + 1) + ".yaml";
    files.add("f" + std::to_string(i) + ".yaml", "include: [" + next + ", " + next + "]\n");
  }
  files.add("f40.yaml", "services: {z: {image: x}}\n");
  CHECK(files.errors({}).find("too many includes") != std::string::npos);
}

TEST_CASE("what is wrong with an include is told at its place, and the rest is read") {
  const StackFiles files(
      {{"a.yaml",
        "include:\n  - gone.yaml\n  - {path: b.yaml, env_file: gone.env, projects: x}\n  - {env_file: "
        "e}\n  - [x]\n  - https://example.com/c.yaml\nservices:\n  web: {imge: x}\n"},
       {"b.yaml", "services: {db: {image: x, mem_limit: much}}\n"}});
  const auto errors = files.errors({});
  CHECK(errors.find("a.yaml:2:5: error: cannot read gone.yaml: No such file") != std::string::npos);
  CHECK(errors.find("a.yaml:3:30: error: cannot read gone.env: No such file") != std::string::npos);
  CHECK(errors.find("a.yaml:3:40: error: unknown key 'projects' in include") != std::string::npos);
  CHECK(errors.find("a.yaml:4:5: error: include names no file") != std::string::npos);
  CHECK(errors.find("a.yaml:5:5: error: expected a file or a map with path, found a list") != std::string::npos);
  CHECK(errors.find("a.yaml:6:5: error: a file of another machine cannot be included") != std::string::npos);
  CHECK(errors.find("a.yaml:8:9: error:") != std::string::npos);
  CHECK(errors.find("b.yaml:1:38: error: 'much' is not a size") != std::string::npos);
}

TEST_CASE("to render, variables stay, and names of files are found with them") {
  const StackFiles files({{"a.yaml", "include: [\"${F}.yaml\"]\nservices: {web: {image: \"x:${TAG:-1}\"}}\n"},
                          {"b.yaml", "services: {db: {image: \"${DB}\", environment: [A]}}\n"}});
  const auto read = files.read({.environment = {{"F", "b"}, {"TAG", "2"}, {"A", "a"}}, .mode = Mode::verbatim});
  INFO(read.errors());
  REQUIRE(read.diagnostics.empty());
  CHECK(read.service().image == "x:${TAG:-1}");
  CHECK(read.service("db").image == "${DB}");
  CHECK(*read.service("db").environment.find("A") == std::nullopt);
}

}  // namespace saasctl::include_test
