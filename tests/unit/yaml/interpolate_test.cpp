#include "yaml/interpolate.hpp"
#include "catch.hpp"
#include "stack_text.hpp"

namespace saasctl::interpolate_test {

using namespace saasctl::stack;

namespace {

const auto variables = environment_of({{"SET", "value"}, {"EMPTY", ""}, {"OTHER", "o"}});

std::string expanded(std::string_view text) {
  const auto result = interpolate(text, variables);
  CHECK(result.errors.empty());
  return result.text;
}

std::string error_of(std::string_view text) {
  const auto result = interpolate(text, variables);
  REQUIRE(result.errors.size() == 1);
  return std::to_string(result.errors[0].offset) + "+" + std::to_string(result.errors[0].length) + " " +
         result.errors[0].message;
}

}  // namespace

TEST_CASE("every form of a variable means what Compose says") {
  CHECK(expanded("$SET-$$SET-${SET}") == "value-$SET-value");
  CHECK(expanded("${SET:-d}${EMPTY:-d}${UNSET:-d}") == "valuedd");
  CHECK(expanded("${SET-d}${EMPTY-d}${UNSET-d}") == "valued");
  CHECK(expanded("${SET:?m}") == "value");
  CHECK(expanded("${EMPTY?m}").empty());
  CHECK(expanded("${SET:+r}${EMPTY:+r}${UNSET:+r}") == "r");
  CHECK(expanded("${SET+r}${EMPTY+r}${UNSET+r}") == "rr");
  CHECK(expanded("${UNSET:-${OTHER:-x}}") == "o");
  CHECK(expanded("${UNSET:-${UNSET:-a}b}c") == "abc");
  CHECK(expanded("${UNSET:-a:b-c?d}") == "a:b-c?d");
  CHECK(expanded("no variable").size() == 11);
}

TEST_CASE("a dollar sign that nothing of a variable follows stands for itself") {
  CHECK(expanded("a$") == "a$");
  CHECK(expanded("^a$ $1 $-") == "^a$ $1 $-");
}

TEST_CASE("a default may hold braces") {
  CHECK(expanded("${UNSET:-{\"a\":{}}}!") == "{\"a\":{}}!");
  CHECK(expanded("${SET:-{\"a\":{}}}!") == "value!");
}

TEST_CASE("a variable without value or default is named as unset and empty") {
  const auto result = interpolate("a${UNSET}$GONE", variables);
  CHECK(result.text == "a");
  CHECK(result.unset == std::vector<std::string>{"UNSET", "GONE"});
}

TEST_CASE("wrong forms are named with their place") {
  CHECK(error_of("ab${SET") == "2+5 '${' without its '}'");
  CHECK(error_of("${}") == "0+3 '${}' names no variable");
  CHECK(error_of("x${1A}") == "1+5 '${1A}' names no variable");
  CHECK(error_of("${SET!x}") == "0+8 '${SET!x}' is not a valid variable expression");
  CHECK(error_of("${SET:}") == "0+7 '${SET:}' is not a valid variable expression");
  CHECK(error_of("${UNSET:?say this}") == "0+18 variable UNSET is required: say this");
  CHECK(error_of("${EMPTY:?}") == "0+10 variable EMPTY is required: it is not set");
  CHECK(error_of("a${UNSET:-b${UNSET:?m}}") == "11+11 variable UNSET is required: m");
}

TEST_CASE("nesting without end is refused") {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "${A:-";
  text += std::string(40, '}');
  CHECK(error_of(text).find("variables nested too deeply") != std::string::npos);
}

TEST_CASE("a splitter steps over a variable whole") {
  const std::string_view text = "${P:-80:${Q}}:x";
  CHECK(variable_end(text, 0) == 13);
  CHECK(variable_end("$$x", 0) == 2);
  CHECK(variable_end("$ABC-", 0) == 4);
  CHECK(variable_end("$-", 0) == 1);
  CHECK(has_variable("a$B"));
  CHECK_FALSE(has_variable("a$$B"));
  CHECK(without_variables("${A:-x}$$${B}") == "x$");
}

TEST_CASE("errors of variables stand under the dollar sign, however the text is written") {
  const auto places = [](const std::string& text) {
    std::vector<std::string> out;
    const auto read = read_text(text);
    for (const auto& diagnostic : read.diagnostics.list()) out.push_back(to_string(diagnostic.at));
    return out;
  };
  CHECK(places("services: {web: {image: x, user: \"a\\tb${U:?u}\"}}") == std::vector<std::string>{"stack.yaml:1:39"});
  CHECK(places(one_service("user: 'it''s ${U:?u}'")) == std::vector<std::string>{"stack.yaml:4:18"});
  CHECK(places(one_service("command:\n- |\n  one\n  two ${U:?u}")) == std::vector<std::string>{"stack.yaml:7:11"});
  CHECK(places(one_service("user: a $$ ${U:?u} and\n  ${V:?v}")) ==
        std::vector<std::string>{"stack.yaml:4:16", "stack.yaml:5:7"});
}

TEST_CASE("to render, a text may hang on any number of required variables") {
  const auto read = read_text(one_service("user: \"${U:?u}:${G:?g}\""), Mode::verbatim);
  CHECK(read.errors().empty());
  CHECK(read.service().user == "${U:?u}:${G:?g}");
}

TEST_CASE("to render, a wrong form beside a required variable is still an error") {
  CHECK(read_text(one_service("user: \"${U:?u}${!}\""), Mode::verbatim).errors().find("names no variable") !=
        std::string::npos);
}

}  // namespace saasctl::interpolate_test
