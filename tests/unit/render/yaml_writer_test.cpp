#include "catch.hpp"
#include "declare/declare.hpp"
#include "generated.hpp"
#include "render/yaml.hpp"

namespace saasctl::yaml_writer_test {

using namespace saasctl::stack;

namespace {

Json read_back(const std::string& yaml) {
  Diagnostics diagnostics;
  const Source source("written.yaml", yaml);
  const auto root = parse_yaml(source, diagnostics);
  INFO(yaml);
  REQUIRE(diagnostics.text() == "");
  REQUIRE(root);
  Reader reader(
      diagnostics, [](std::string_view) { return std::nullopt; }, Mode::verbatim);
  const auto value = anything().read(*root, reader);
  REQUIRE(value.has_value());
  return *value;
}

std::string any_string(Generator& random) {
  static const std::vector<std::string> pieces{
      "a",      "B",      "word",   " ",          "  ",    "\n",         "\n\n",       "\t",   ":",     ": ",
      " #",     "#",      "-",      "- ",         "---",   "...",        "?",          "!",    "&",     "*",
      "|",      ">",      "'",      "\"",         "\\",    "%",          "@",          "`",    ",",     "[",
      "]",      "{",      "}",      "=",          "<<",    "~",          "0",          "1",    "12:30", "1e5",
      "0x1f",   ".5",     ".inf",   "yes",        "null",  "true",       "\r",         "\x01", "\x7f",  "\u00e9",
      "\u0085", "\u2028", "\ufeff", "\U0001F600", "/path", "key: value", "2020-01-01", "+",    "_"};
  std::string text;
  for (auto count = random.below(5); count > 0; --count) text += random.pick(pieces);
  return text;
}

Json any_value(Generator& random, int depth) {
  switch (random.below(depth > 3 ? 5 : 8)) {
    case 0:
      return static_cast<int>(random.below(100'000));
    case 1:
      return random.one_in(2);
    case 2:
      return 0.25 * static_cast<double>(random.below(1000)) + 0.125;
    case 3:
    case 4:
      return any_string(random);
    case 5: {
      Json list = Json::array();
      for (auto count = random.below(4); count > 0; --count) list.push_back(any_value(random, depth + 1));
      return list;
    }
    default: {
      Json map = Json::object();
      for (auto count = random.below(4); count > 0; --count)
        map[random.one_in(3) ? any_string(random) : "k" + std::to_string(count)] = any_value(random, depth + 1);
      return map;
    }
  }
}

}  // namespace

TEST_CASE("whatever is written as YAML is read back as it was") {
  Generator random(20'240'607);
  for (int i = 0; i < 1'500; ++i) {
    Json value = {{"value", any_value(random, 0)}, {"ports", Json::array({any_string(random), any_value(random, 2)})}};
    const auto yaml = render::to_yaml(value);
    INFO(value.dump());
    REQUIRE(read_back(yaml) == value);
  }
}

TEST_CASE("text is quoted only where it would be read as something else") {
  CHECK(render::yaml_scalar("plain words") == "plain words");
  CHECK(render::yaml_scalar("--option=x") == "--option=x");
  CHECK(render::yaml_scalar("-q") == "-q");
  for (const auto* text : {"5", "1.5", "yes", "No", "null", "~", "", "12:30", "2020-01-01", "0x10", "+.inf", "a: b",
                           "a #b", "#a", "- a", "[", "<<", "---", "a:"}) {
    INFO(text);
    CHECK(render::yaml_scalar(text) == "\"" + std::string(text) + "\"");
  }
  CHECK(render::to_yaml({{"a", {"http://x/?b"}}, {"c", "d?e"}}) == "a: [\"http://x/?b\"]\nc: d?e\n");
  CHECK(render::yaml_scalar("a\x01\u2028") == "\"a\\u0001\\u2028\"");
}

TEST_CASE("short lists stand on one line, lines of text in a block") {
  CHECK(render::to_yaml({{"a", {1, "x, y", true}},
                         {"b", "one\ntwo\n"},
                         {"c", {{"d", Json::array()}, {"e", Json::object()}}},
                         {"ports", {"80"}}}) ==
        "a: [1, \"x, y\", true]\nb: |\n  one\n  two\nc:\n  d: []\n  e: {}\nports:\n  - \"80\"\n");
  CHECK(render::to_yaml(Json::array({Json::array(), Json::object(), {{"a", 1}, {"b", 2}}})) ==
        "- []\n- {}\n- a: 1\n  b: 2\n");
}

}  // namespace saasctl::yaml_writer_test
