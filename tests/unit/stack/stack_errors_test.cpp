#include "golden.hpp"
#include "growth.hpp"
#include "stack_text.hpp"

namespace saasctl::stack_errors_test {

using namespace saasctl::stack;

TEST_CASE("all errors of a file come in one run, in the order of its lines, each with its place") {
  const std::string text = R"(name: Saas
services:
  web:
    imge: nginx
    image: 5
    ports: ["8080:80", "80:99999"]
    healthcheck: {test: [CMD, x], interval: 10}
    depends_on: [databse, web]
    networks: [bakc]
    volumes: ["data:/x", "nope:/y"]
    secrets: [pasword]
    mem_limit: many
    provider: {type: x}
    user: "${USER_ID:?the user's number}"
    environment: {A: "${", B: "$ x"}
  database:
    image: x
    depends_on: {cache: {condition: service_helthy}}
    ports: ["127.0.0.1:8080:80"]
  cache:
    build: .
    depends_on: [database]
    with: {a: b}
  empty: {}
networks: {back: }
volumes: {data: }
secrets: {password: {file: p, environment: P}}
render:
  ../out.yml: {compose: all}
  sub/c.yml: {compose: [webb]}
)";
  check_golden("stack_errors.txt", read_text(text).errors());
}

TEST_CASE("an error in an anchor is reported once, where the anchor stands") {
  const auto read =
      read_text("x-a: &a {mem_limit: much}\nservices:\n  one: {<<: *a, image: x}\n  two: {<<: *a, image: x}\n");
  CHECK(read.errors() ==
        "stack.yaml:1:21: error: 'much' is not a size such as 64M, 1.5G or a number of bytes\n"
        "     1 | x-a: &a {mem_limit: much}\n       |                     ^~~~\n"
        "       = the units are b, k, m, g, t and p\n");
}

TEST_CASE("a cycle is named in full, a service that waits for itself too") {
  CHECK(read_text("services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, "
                  "depends_on: [a]}\n")
            .errors()
            .find("dependency cycle: a → b → c → a") != std::string::npos);
  CHECK(read_text(one_service("depends_on: [web]")).errors().find("dependency cycle: web → web") != std::string::npos);
}

TEST_CASE("messages stay on their line whatever the user wrote") {
  const auto text = read_text(one_service("mem_limit: \"a\\nb\\e[31m\"")).errors();
  CHECK(text.find("'a\\nb\\x1b[31m' is not a size") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(read_text(one_service("mem_limit: " + std::string(100'000, 'x'))).errors().size() < 2000);
}

TEST_CASE("errors of several files stay file by file") {
  const Source a("a", "1\n2\n3\n"), b("b", "1\n2\n");
  Diagnostics diagnostics;
  diagnostics.add({&a, 3, 1}, 1, "a3");
  diagnostics.add({&b, 1, 1}, 1, "b1");
  diagnostics.add({&a, 1, 1}, 1, "a1");
  diagnostics.add({&a, 1, 1}, 1, "a1");
  const auto text = diagnostics.text();
  CHECK(text.find("a1") < text.find("a3"));
  CHECK(text.find("a3") < text.find("b1"));
  CHECK(diagnostics.list().size() == 3);
}

TEST_CASE("an empty file and one without services say what they lack") {
  CHECK(read_text("").errors().find("the file is empty") != std::string::npos);
  CHECK(read_text("name: x\n").errors().find("the stack has no services") != std::string::npos);
  CHECK(read_text("just text\n").errors().find("expected a map with the keys of stack, found a string") !=
        std::string::npos);
}

TEST_CASE("a rendered file is made of one thing") {
  const auto error = [](const std::string& entry) {
    return read_text(one_service("") + "render: {f.yml: " + entry + "}\n").errors();
  };
  CHECK(error("{compose: []}").find("a Compose file without services") != std::string::npos);
  CHECK(error("{variables: false}").find("variables takes only `true`") != std::string::npos);
  CHECK(error("{}").find("exactly one of compose") != std::string::npos);
  CHECK(error("{compose: all}").empty());
}

TEST_CASE("a missing source is one error at its grant, not another one without a place") {
  const auto text = read_text(one_service("configs: [{target: /c}]")).errors();
  CHECK(text.find("missing key 'source' in grant") != std::string::npos);
  CHECK(text.find("unknown config") == std::string::npos);
}

TEST_CASE("of very many errors the first are shown, in the order of their lines, and the rest are counted") {
  std::string text = "services: {web: {image: x}}\n";
  for (int i = 0; i < 1'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const auto errors = read_text(text).errors();
  CHECK(errors.find("stack.yaml:51:1: error: unknown key 'k49'") != std::string::npos);
  CHECK(errors.find("'k50'") == std::string::npos);
  CHECK(errors.ends_with("\nand 950 more errors\n"));
  Diagnostics two;
  for (std::size_t i = 0; i < 51; ++i) two.add({}, 1, std::to_string(i));
  CHECK(two.text().ends_with("error: 49\nand 1 more error\n"));
}

TEST_CASE("long lists of pairs, errors and variables are read in linear time") {
  const auto many = [](std::size_t count, const auto& line) {
    std::string text = "services:\n  web:\n    image: x\n";
    for (std::size_t i = 0; i < count; ++i) text += line(std::to_string(i));
    return text;
  };
  const auto linear = [&](std::size_t count, const std::string& head, const auto& line) {
    return test::grows_linearly(count, [&](std::size_t size) {
      const auto read =
          read_text(many(size, [&](const std::string& i) { return i == "0" ? head + line(i) : line(i); }));
      REQUIRE(read.errors().empty());
      REQUIRE(stack_record().write(read.stack(), Style::canonical).size() > 0);
      REQUIRE(stack_record().write(read.stack(), Style::source).size() > 0);
    });
  };
  CHECK(linear(2'000, "    labels:\n", [](const std::string& i) { return "      l" + i + ": x\n"; }));
  CHECK(linear(2'000, "    labels:\n", [](const std::string& i) { return "      - l" + i + "=x\n"; }));
  CHECK(linear(2'000, "    environment:\n", [](const std::string& i) { return "      - E" + i + "=x\n"; }));
  CHECK(linear(2'000, "    command:\n", [](const std::string& i) { return "      - $X" + i + "\n"; }));
}

TEST_CASE("wrong variables in one text are placed in linear time, each under its dollar sign") {
  CHECK(test::grows_linearly(1'000, [](std::size_t count) {
    std::string text = "services:\n  web:\n    image: x\n    labels:\n      a: \"";
    for (std::size_t i = 0; i < count; ++i) text += "$$ ${} ";
    const auto read = read_text(text + "\"\n");
    REQUIRE(read.diagnostics.list().size() == count);
    CHECK(read.diagnostics.list().back().at.column == 11 + 7 * (count - 1) + 3);
  }));
}

}  // namespace saasctl::stack_errors_test
