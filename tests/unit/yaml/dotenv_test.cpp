#include "yaml/dotenv.hpp"
#include "catch.hpp"
#include "stack_text.hpp"

namespace saasctl::dotenv_test {

using namespace saasctl::stack;

namespace {

struct ParsedEnv {
  Diagnostics diagnostics;
  Source source;
  Variables variables;
  explicit ParsedEnv(std::string text, const Environment& environment = environment_of({}))
      : source(".env", std::move(text)), variables(parse_dotenv(source, environment, diagnostics)) {}
};

}  // namespace

TEST_CASE("the lines of an .env file") {
  const ParsedEnv parsed(
      "\xef\xbb\xbf# comment\n\nA=1\nexport B = two words  # gone\nC='$A ${B} \\n'\nD=\"x\\ty\\n\\$A\\\"\" # "
      "gone\nE=${A}$A\nF=a#b\n"
      "G=\r\nH=\"two\nlines\"\nI=last");
  CHECK(parsed.diagnostics.text().empty());
  CHECK(parsed.variables == Variables{{"A", "1"},
                                      {"B", "two words"},
                                      {"C", "$A ${B} \\n"},
                                      {"D", "x\ty\n$A\""},
                                      {"E", "11"},
                                      {"F", "a#b"},
                                      {"G", ""},
                                      {"H", "two\nlines"},
                                      {"I", "last"}});
}

TEST_CASE("an .env file may be written as YAML's lines, with escapes and comments as Compose knows them") {
  const ParsedEnv parsed(
      "A: one\nB.c-d[0]= # not a comment\nC='it\\'s \\n'\nD=\"\\a\\0101\\q\\\\n\"\nexport\tE=e\nF = ${A}$ $1 \t\nG=");
  CHECK(parsed.diagnostics.text().empty());
  CHECK(parsed.variables == Variables{{"A", "one"},
                                      {"B.c-d[0]", "# not a comment"},
                                      {"C", "it's \\n"},
                                      {"D", "\aA\\q\\n"},
                                      {"E", "e"},
                                      {"F", "one$ $1"},
                                      {"G", ""}});
}

TEST_CASE("the environment wins over earlier lines in a variable, and a lone name passes through") {
  const ParsedEnv parsed("A=file\nB=$A\nC\nD\n", environment_of({{"A", "outer"}, {"C", "c"}}));
  CHECK(parsed.variables == Variables{{"A", "file"}, {"B", "outer"}, {"C", "c"}});
}

TEST_CASE("wrong lines of an .env file are named with their line, and the others are read") {
  const ParsedEnv parsed("A=1\nnot a line\nB=\"x\ny\" z\nC='open\n");
  CHECK(parsed.variables.at("A") == "1");
  CHECK(parsed.diagnostics.text() ==
        ".env:2:1: error: not a KEY=VALUE line\n     2 | not a line\n       | ^\n       = begin a comment with '#'\n"
        ".env:4:4: error: unexpected text after the closing \" of B\n     4 | y\" z\n       |    ^\n"
        "       = remove it, or begin a comment with '#'\n"
        ".env:5:3: error: the value of C has no closing '\n     5 | C='open\n       |   ^\n"
        "       = close the quote, or leave both away\n");
}

TEST_CASE("a zero byte in an .env file is refused") {
  using namespace std::string_literals;
  CHECK(ParsedEnv("A=1\nB=\0\n"s).diagnostics.text().find(".env:2:3: error: a zero byte") == 0);
}

}  // namespace saasctl::dotenv_test
