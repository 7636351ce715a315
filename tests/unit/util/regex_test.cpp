#include "util/regex.hpp"

#include <chrono>

#include "catch.hpp"

namespace saasctl::regex_test {

namespace {

Regex regex(std::string_view expression) {
  auto compiled = Regex::compile(expression);
  INFO(expression);
  REQUIRE(compiled);
  return std::move(*compiled);
}

bool matches(std::string_view expression, std::string_view text) {
  return regex(expression).matches_line(text).value();
}

std::optional<std::string> found(std::string_view expression, std::string_view text) {
  return regex(expression).find_in_lines(text).value();
}

Regex::Invalid invalid(std::string_view expression) {
  const auto compiled = Regex::compile(expression);
  INFO(expression);
  REQUIRE_FALSE(compiled);
  return compiled.error();
}

}  // namespace

TEST_CASE("an expression is searched for in each line by itself") {
  CHECK(matches("b", "abc"));
  CHECK(matches("^b$", "a\nb\nc"));
  CHECK_FALSE(matches("^b$", "ab"));
  CHECK_FALSE(matches("a.b", "a\nb"));
  CHECK_FALSE(matches("^b$", "b\r\n"));
  CHECK(matches("^$", "a\n"));
  CHECK(matches("", ""));
  CHECK_FALSE(matches("b", ""));
}

TEST_CASE("a search gives the first group of the first line that matches, or the whole match") {
  CHECK(found("id=(\\d+)", "x\nid=7\nid=8") == "7");
  CHECK(found("id=\\d+", "id=7 id=8") == "id=7");
  CHECK(found("a(b)?c", "ac") == "");
  CHECK(found("(?:a|ab)(c|bcd)", "abcd") == "bcd");
  CHECK(found("(a+|b)*?c", "aabc") == "b");
  CHECK_FALSE(found("z", "abc"));
}

TEST_CASE("characters are characters, and bytes that are not UTF-8 match no letter") {
  CHECK(matches("^.$", "é"));
  CHECK(matches("^[éü]+$", "üé"));
  CHECK(matches("ready", "\xff\xfe ready \xc3"));
  CHECK(matches("^.\u00e9.$", "\xff\u00e9\xff"));
  CHECK(found("<(.*)>", "<a\xff>") == "a\ufffd");
}

TEST_CASE("nested repetition takes time in proportion to the text") {
  const auto start = std::chrono::steady_clock::now();
  const std::string text(1 << 20, 'a');
  for (const auto* expression : {"(a*)*b", "(a+)+$b", "^(([a-z])+.)+[A-Z]([a-z])+$", "a*a*a*a*a*b", "(a|a|a)*b"})
    CHECK_FALSE(matches(expression, text));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("an expression that is invalid, too long or too large says why") {
  CHECK(invalid("a(b").reason.starts_with("missing )"));
  CHECK(invalid("x[b").part == "[b");
  CHECK(invalid("*a").reason == "no argument for repetition operator");
  CHECK(invalid("(?=a)").part == "(?=");
  CHECK(invalid("(a)\\1").part == "\\1");
  CHECK(invalid(std::string(4097, 'a')).reason == "it is longer than 4096 bytes");
  CHECK(invalid("((a{1,200}){1,200}){1,200}").reason.find("repetition") != std::string::npos);
  CHECK(invalid(std::string(2000, '(')).reason.find('\n') == std::string::npos);
  CHECK(invalid("(\\pL{1,30}x){1,30}").reason == "pattern too large - compile failed");
  CHECK(invalid("(\\pL{1,10}x){1,5}").reason == "it is too large: its repetitions multiply");
  CHECK(matches(std::string(2000, '(') + "a" + std::string(2000, ')'), "a"));
}

TEST_CASE("a text that an expression would take too long over is an error, and there is room for usual ones") {
  const auto large = regex("((a?){30}){30}((a){30}){30}");
  CHECK(large.longest_text() >= 64 * 1024);
  const auto refused = large.matches_line(std::string(large.longest_text() + 1, 'a'));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("more than this expression can search") != std::string::npos);
  CHECK(regex("^[a-z]+@[a-z.]+$").longest_text() > std::size_t{8} << 20);
}

}  // namespace saasctl::regex_test
