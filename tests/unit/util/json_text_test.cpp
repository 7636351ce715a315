#include "util/json_text.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "growth.hpp"

namespace saasctl::json_text_test {

namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

std::string error_of(std::string_view text, JsonLimits limits = {}) {
  const auto parsed = parse_ordered_json(text, limits);
  return parsed ? "parsed: " + parsed->dump() : parsed.error().message;
}

}  // namespace

TEST_CASE("JSON is parsed with its members in order, and of two with one name the last counts") {
  const std::string text = R"({"b": [1, -2, 2.5, true, null, "x\u00e9"], "a": {}, "b": {"c": 18446744073709551615}})";
  CHECK(parse_ordered_json(text)->dump() == R"({"b":{"c":18446744073709551615},"a":{}})");
  CHECK(parse_json(text)->dump() == R"({"a":{},"b":{"c":18446744073709551615}})");
  CHECK(*parse_json(R"([1, -2, 2.5, true, null, "x\u00e9"])") == nlohmann::json({1, -2, 2.5, true, nullptr, "xé"}));
  CHECK(*parse_json("5") == 5);
}

TEST_CASE("JSON that is nested too deeply is an error, however deep") {
  CHECK(parse_json(nested(200)));
  CHECK(error_of(nested(201)) == "nested too deeply: more than 200 levels");
  CHECK(error_of(nested(1'000'000)) == "nested too deeply: more than 200 levels");
  CHECK(error_of(std::string(1'000'000, '[')) == "nested too deeply: more than 200 levels");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  CHECK(error_of(objects) == "nested too deeply: more than 200 levels");
  CHECK(error_of(R"([[1], [{"a": 2}]])", {.depth = 3}) == R"(parsed: [[1],[{"a":2}]])");
  CHECK(error_of(R"([[1], [{"a": [2]}]])", {.depth = 3}) == "nested too deeply: more than 3 levels");
}

TEST_CASE("a text that is not JSON is an error with its place, which quotes nothing of it") {
  CHECK(error_of("") == "empty");
  CHECK(error_of(" \n\t ") == "empty");
  CHECK(error_of("<html>secret</html>") == "syntax error at line 1, column 1");
  CHECK(error_of("{\"a\": 1,\n \"b\": secret}") == "syntax error at line 2, column 7");
  CHECK(error_of("{} {}") == "syntax error at line 1, column 4");
  CHECK(error_of("[1, 2") == "syntax error at line 1, column 6");
  CHECK(error_of("\"\xff\"") == "syntax error at line 1, column 2");
  CHECK(error_of("[1e999]").starts_with("a number is out of range at line 1, column "));
}

TEST_CASE("an object of many members is parsed in linear time") {
  CHECK(test::grows_linearly(20'000, [](std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":1";
    REQUIRE(parse_ordered_json(text + "}")->size() == count);
  }));
}

}  // namespace saasctl::json_text_test
