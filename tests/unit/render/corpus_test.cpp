// Broken variations of stack files, the bundled one and small ones: whatever a slip of the hand or ill will does to
// them, they are read to the end, and what is wrong has a place.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "catch.hpp"
#include "generated.hpp"
#include "paths.hpp"
#include "stack_text.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

namespace saasctl::corpus_test {

using namespace saasctl::stack;

namespace {

using Lines = std::vector<std::string>;

std::size_t indentation(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// One change of some lines of the file.
void change_lines(Lines& lines, Generator& random) {
  const auto i = random.below(lines.size()), k = random.below(lines.size());
  switch (random.below(8)) {
    case 0:
      lines.erase(lines.begin() + static_cast<long>(i));
      break;
    case 1:
      lines.insert(lines.begin() + static_cast<long>(k), lines[i]);
      break;
    case 2:
      std::swap(lines[i], lines[k]);
      break;
    case 3:
      lines[i].insert(0, 1 + random.below(4), ' ');
      break;
    case 4:
      lines[i].erase(0, std::min(indentation(lines[i]), 1 + random.below(3)));
      break;
    case 5:
      lines[i].insert(0, "\t");
      break;
    case 6:
      lines[i] +=
          random.pick<std::string>({":", " {", " [", "\"", "'", " *nobody", " &x", " |", " ${", " !tag", ", ,"});
      break;
    default:
      lines.resize(std::max<std::size_t>(i, 1));
  }
}

// Another value in place of what stands behind a key.
void change_value(Lines& lines, Generator& random) {
  static const std::vector<std::string> values{"",
                                               "5",
                                               "-1",
                                               "true",
                                               "[]",
                                               "{}",
                                               "[a, [b]]",
                                               "{a: {b: c}}",
                                               "\"\"",
                                               "~",
                                               "99999999999999999999",
                                               "1e400",
                                               "nan",
                                               "10x",
                                               "${",
                                               "${A:?need}",
                                               "$",
                                               "*service",
                                               "!x y",
                                               "\"\\u0000\"",
                                               "\"\\xff\"",
                                               "'",
                                               "x: y",
                                               "- x",
                                               "../..",
                                               "all",
                                               "\xc3\xa9",
                                               "\x7f"};
  auto& line = lines[random.below(lines.size())];
  const auto colon = line.find(": ");
  if (colon != std::string::npos) line = line.substr(0, colon + 2) + random.pick(values);
}

// A name with a slip of the fingers.
void change_name(std::string& text, Generator& random) {
  static const std::vector<std::string> names{
      "services",   "image",     "healthcheck", "depends_on", "postgres",        "auth-service", "saas-network",
      "redis-data", "jwt-key",   "cpp-service", "condition",  "service_healthy", "secrets",      "expect",
      "capture",    "{{token}}", "status",      "defaults",   "interval",        "ports",        "*environment"};
  const auto& name = random.pick(names);
  std::vector<std::size_t> places;
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) places.push_back(at);
  if (places.empty()) return;
  auto wrong = name;
  const auto at = random.below(wrong.size());
  if (random.one_in(2))
    wrong.erase(at, 1);
  else
    wrong.insert(at, 1, wrong[at]);
  text.replace(random.pick(places), name.size(), wrong);
}

void change_bytes(std::string& text, Generator& random) {
  const auto at = random.below(text.size());
  switch (random.below(4)) {
    case 0:
      text[at] = static_cast<char>(random.below(256));
      break;
    case 1:
      text.erase(at, 1 + random.below(20));
      break;
    case 2:
      text.insert(
          at, 1,
          random.pick<char>({'{', '}', '[', ']', ':', '#', '\'', '"', '&', '*', '\n', '\0', '\xff', '$', '%', '@'}));
      break;
    default:
      text.resize(std::max<std::size_t>(at, 1));
  }
}

// Small files that are right, each with another part of the language.
const std::vector<std::string>& small_files() {
  static const std::vector<std::string> files{
      R"(services: {web: {image: "nginx:${V:-1}", ports: ["8000-8002:80-82", 53:53/udp], cpus: 0.5}}
)",
      R"(name: shop
x-common: &common
  restart: always
  environment: &env {A: 1, B: }
services:
  a:
    <<: *common
    image: x
  b:
    <<: [*common, {user: me}]
    image: y
    depends_on: {a: {condition: service_started}}
)",
      R"(defaults:
  mem_limit: 64m
  healthcheck: {interval: 1m30s, test: [CMD, /app]}
services:
  web:
    build:
      context: .
      args: {A: "b"}
    command: sh -c 'echo "$$A"'
)",
      R"(services:
  web:
    image: x
    secrets: [s]
    configs: [{source: c, target: /c, mode: 0440}]
    volumes: ["d:/d:ro", ./e:/e]
    networks: {n: {aliases: [w]}}
    deploy: {resources: {limits: {memory: 1gb}}}
networks: {n: }
volumes: {d: }
secrets: {s: {file: s}}
configs: {c: {file: c}}
)",
      R"(services:
  web:
    image: x
    command: |
      first
      second ${A}
    labels:
      - >-
        a=folded
        text
)",
      R"(services: {web: {image: x, ports: ["80:80"], ready: {http: ":80/"}}}
verify:
  - name: it answers
    http: web/
    expect: {status: 200}
)"};
  return files;
}

std::string times(std::size_t count, const std::string& text) {
  std::string out;
  for (; count > 0; --count) out += text;
  return out;
}

// Nine lists, each of nine times the one before: 400 million values, if they were all made.
std::string aliases_of_aliases() {
  std::string out = "[&a0 [x, x, x, x, x, x, x, x, x]";
  for (int i = 1; i < 9; ++i) out += fmt::format(", &a{} [{}*a{}]", i, times(8, fmt::format("*a{}, ", i - 1)), i - 1);
  return out + "]";
}

std::string deep_or_long(Generator& random) {
  const auto depth = random.pick<std::size_t>({10, 100, 600, 5'000});
  switch (random.below(6)) {
    case 0:
      return times(depth, "[") + (random.one_in(2) ? times(depth, "]") : "");
    case 1:
      return times(depth, "{a: ") + (random.one_in(2) ? times(depth, "}") : "");
    case 2:
      return "\n" + times(depth, "- ") + "x";
    case 3:
      return times(depth, "${A:-") + times(depth, "}");
    case 4:
      return aliases_of_aliases();
    default:
      return random.pick<std::string>({"\"", "'", "", "|\n      "}) +
             times(depth * 20,
                   random.pick<std::string>({"x", "\xc3\xa9", "$", "\\", "9", "# ", "\t", "\xf0\x9f\x90\xb3"}));
  }
}

// What no hand writes, or only by mistake: aliases, tags, odd Unicode, marks of documents, escapes, numbers out of
// range.
std::string strange(Generator& random) {
  static const std::vector<std::vector<std::string>> kinds{
      {"&a [*a]", "*a", "&a &b x", "&a", "*", "&", "{<<: *a}", "{<<: [x, 5]}", "{<<: }"},
      {"!!binary eA== ", "!!int x ", "!!str 5 ", "!reset null ", "!override [a] ", "!<tag:x,y> z ", "! ", "!! ", "!<> ",
       "!e!tag x ", "!!map [a] ", "!!set {a, b} "},
      {"\xef\xbb\xbf", "\xe2\x80\xa8", "\xc2\x85", "\xe2\x80\x8b", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80",
       "\xef\xbf\xbe", "\xe2\x80\xae", "\r", "\r\n", "\x1b[2J", "a\xcc\x81", "\v", "\x7f"},
      {"\n---\n", "\n...\n", "\n%YAML 9.9\n---\n", "\n%TAG ! x\n", "\n? a\n: b\n", "\n? [a, b]\n", "? ",
       "\n: ", "\n# \n", "\n  \t\n"},
      {"\"\\x00\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\U00110000\"", "\"\\U0010FFFF\"", "\"\\\"", "\"\\q\"", "\"\\x\"",
       "\"\\\n\""},
      {"1-65535:1-65535", "9223372036854775808", "-9223372036854775809", "0x", "1e999999999",
       "0.0000000000000000000000000001ns", "99999999999999999999h", "1-2-3:4", "[::]:1:2", "::::", "1::2:3:4", "://",
       "/", "..", "~/x", "\\\\pipe", "C:\\x:/y"}};
  return random.pick(random.pick(kinds));
}

std::string monster(Generator& random) {
  return random.one_in(3) ? deep_or_long(random) : strange(random);
}

void place_monster(std::string& text, Generator& random) {
  const auto at = random.below(text.size());
  const auto colon = text.find(": ", at);
  if (colon == std::string::npos || random.one_in(4)) {
    text.insert(at, monster(random));
  } else {
    const auto end = std::min(text.find('\n', colon), text.size());
    text.replace(colon + 2, random.one_in(2) ? 0 : end - colon - 2, monster(random));
  }
}

std::string variation(const std::string& text, Generator& random) {
  auto out = text;
  for (auto changes = 1 + random.below(3); changes > 0; --changes) {
    const auto kind = random.below(5);
    if (kind == 0) {
      change_bytes(out, random);
    } else if (kind == 1) {
      change_name(out, random);
    } else if (kind == 2) {
      place_monster(out, random);
    } else {
      auto lines = split(out, '\n');
      if (kind == 3)
        change_lines(lines, random);
      else
        change_value(lines, random);
      out = join(lines, random.one_in(20) ? "\r\n" : "\n");
    }
    if (out.empty()) out = "x";
  }
  return out;
}

// Reads a file that may be wrong anyhow; true when it was.
bool reads_to_the_end(const std::string& text, Mode mode) {
  const auto start = std::chrono::steady_clock::now();
  const auto read = read_text(text, mode);
  const auto shown = read.errors();
  INFO(text.substr(0, 5'000) << "\n" << shown.substr(0, 5'000));
  if (std::chrono::steady_clock::now() - start > std::chrono::seconds(10)) FAIL("it took too long");
  if (read.diagnostics.empty()) REQUIRE(read.document);
  for (const auto& diagnostic : read.diagnostics.list()) {
    INFO(diagnostic.message.substr(0, 1'000));
    REQUIRE(diagnostic.at);
    const auto& source = *diagnostic.at.source;
    REQUIRE(diagnostic.at.line >= 1);
    REQUIRE(diagnostic.at.column >= 1);
    const auto line = source.offset({&source, diagnostic.at.line, 1});
    REQUIRE(line + diagnostic.at.column - 1 <= source.text().size());
    REQUIRE_FALSE(diagnostic.message.empty());
    REQUIRE(shown.find(to_string(diagnostic.at) + ": error: ") != std::string::npos);
  }
  return !read.diagnostics.empty();
}

}  // namespace

TEST_CASE("a thousand broken variations of the bundled stack are read without a crash, and every error has its place") {
  const auto text = read_file(SAASCTL_SOURCE_DIR "/stack.yaml");
  REQUIRE(text);
  Generator random(1815);
  std::size_t broken = 0;
  for (int i = 0; i < 1'000; ++i) {
    INFO("variation " << i);
    broken += reads_to_the_end(variation(*text, random), i % 2 == 0 ? Mode::resolve : Mode::verbatim) ? 1 : 0;
  }
  CHECK(broken >= 500);
}

TEST_CASE("two thousand broken small stacks are read without a crash, and every error has its place") {
  for (const auto& text : small_files()) CHECK(read_text(text).errors() == "");
  Generator random(1852);
  std::size_t broken = 0;
  for (int i = 0; i < 2'000; ++i) {
    INFO("variation " << i);
    const auto wrong = variation(random.pick(small_files()), random);
    broken += reads_to_the_end(wrong, i % 2 == 0 ? Mode::resolve : Mode::verbatim) ? 1 : 0;
  }
  CHECK(broken >= 1'200);
}

TEST_CASE("a file cut off anywhere is read without a crash") {
  for (const auto& text : small_files()) {
    for (std::size_t length = 0; length < text.size(); ++length) {
      INFO("cut off after " << length << " bytes");
      reads_to_the_end(text.substr(0, length), Mode::resolve);
    }
  }
}

TEST_CASE("a byte order mark moves no place") {
  const auto places = [](const std::string& text) {
    const auto read = read_text(text);
    REQUIRE(read.diagnostics.list().size() == 1);
    return read.errors();
  };
  CHECK(places("\xef\xbb\xbfservces: {web: {image: x}}\nservices: {web: {image: x}}\n") ==
        places("servces: {web: {image: x}}\nservices: {web: {image: x}}\n"));
}

TEST_CASE("many errors on one long line are shown without delay") {
  std::string text = "services: {web: {image: x, labels: {";
  for (int i = 0; i < 20'000; ++i) text += fmt::format("k{0}: ${{k{0}, ", i);
  text += "}}}\n";
  const auto start = std::chrono::steady_clock::now();
  CHECK(read_text(text).diagnostics.list().size() >= 1);
  text = "services: {web: {image: x, ";
  for (int i = 0; i < 20'000; ++i) text += fmt::format("k{}: 1, ", i);
  const auto read = read_text(text + "}}\n");
  CHECK(read.diagnostics.list().size() == 20'000);
  CHECK_FALSE(read.errors().empty());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::minutes(1));
}

}  // namespace saasctl::corpus_test
