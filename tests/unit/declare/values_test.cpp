#include "declare/values.hpp"
#include "catch.hpp"
#include "util/text.hpp"

namespace saasctl::values_test {

using namespace saasctl::declare;
using namespace std::chrono_literals;

TEST_CASE("durations are read as Go reads them") {
  CHECK(parse_duration("0") == 0ns);
  CHECK(parse_duration("1h2m3.5s") == 1h + 2min + 3500ms);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("1.5us") == 1500ns);
  CHECK(parse_duration("2\u00b5s") == 2us);
  CHECK(parse_duration("1w2d") == 9 * 24h);
  for (const auto* wrong : {"", "5", "1y", "-1s", "s", "1..5s", "1s ", "1m30", "1e3s", "999999999h"}) {
    INFO(wrong);
    CHECK_FALSE(parse_duration(wrong).has_value());
  }
  CHECK(parse_duration("10").error().find("did you mean 10s?") != std::string::npos);
}

TEST_CASE("a duration's text is exact and is read back as the same") {
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(1h) == "1h0m0s");
  CHECK(format_duration(0ns) == "0s");
  CHECK(format_duration(1500ns) == "1.5\u00b5s");
  for (const auto value : {1ns, 999ns, 123'456ns, 123'456'789ns, 1'234'567'891ns, 61'000'000'001ns}) {
    CHECK(parse_duration(format_duration(value)) == value);
  }
  CHECK(format_duration(123'456'789ns) != format_duration(123'456'788ns));
}

TEST_CASE("sizes are binary multiples whatever their spelling") {
  CHECK(parse_bytes("1024") == 1024);
  CHECK(parse_bytes("64m") == 64 << 20);
  CHECK(parse_bytes("64 MB") == 64 << 20);
  CHECK(parse_bytes("2KiB") == 2048);
  CHECK(parse_bytes("1.5g") == 1'610'612'736);
  CHECK(parse_bytes("5b") == 5);
  CHECK(parse_bytes("1e3") == 1000);
  CHECK(parse_bytes("-1") == -1);
  for (const auto* wrong : {"", "m", "-2", "5x", "5mm", "1.2.3", "9999999t", "12 3"}) {
    INFO(wrong);
    CHECK_FALSE(parse_bytes(wrong).has_value());
  }
}

TEST_CASE("a number is finite and whole") {
  CHECK(parse_decimal("0.5") == 0.5);
  for (const auto* wrong : {"", "nan", "inf", "1e999", "0.5x", " 1"}) CHECK_FALSE(parse_decimal(wrong).has_value());
}

TEST_CASE("a command line is split as a shell splits it") {
  using Words = std::vector<std::string>;
  CHECK(split_command("a  b\t'c d' \"e \\\" f\" g\\ h ''") == Words{"a", "b", "c d", "e \" f", "g h", ""});
  CHECK(split_command("x\"y\"'z'") == Words{"xyz"});
  CHECK(split_command("\"a\\ b\" 'a\\ b'") == Words{"a b", "a\\ b"});
  CHECK(split_command("run ${A:-b c} $$x") == Words{"run", "${A:-b c}", "$$x"});
  CHECK(split_command("").value().empty());
  CHECK(split_command("a 'b").error() == "a closing '");
  CHECK(split_command("a \\").error() == "a character after '\\'");
}

TEST_CASE("a command line ends at what a shell would take for itself, and $(…) stays one word") {
  using Words = std::vector<std::string>;
  CHECK(split_command("a b; c") == Words{"a", "b"});
  CHECK(split_command("a 'b;c' \"d|e\" f\\;g & h") == Words{"a", "b;c", "d|e", "f;g"});
  CHECK(split_command("echo 2>x") == Words{"echo"});
  CHECK(split_command("echo a2>x") == Words{"echo", "a2"});
  CHECK(split_command("echo $(b c) `d e`;f") == Words{"echo", "$(b c)", "`d e`"});
  CHECK(split_command("a ${B:-c d}", false) == Words{"a", "${B:-c", "d}"});
  CHECK_FALSE(split_command("a (b").has_value());
  CHECK(split_command("a $(b").error() == "a closing )");
}

// Expected words are those of go-shellwords 1.0.15.
TEST_CASE("escapes in a command line: newline and tab outside single quotes, kept in `…` and $(…)") {
  using Words = std::vector<std::string>;
  CHECK(split_command(R"(sh -c "printf 'a\nb\tc'")") == Words{"sh", "-c", "printf 'a\nb\tc'"});
  CHECK(split_command(R"(a\nb c\td '\n\t')") == Words{"a\nb", "c\td", R"(\n\t)"});
  CHECK(split_command(R"("a\"b\\c\r\0")") == Words{R"(a"b\cr0)"});
  CHECK(split_command("a\\\u00e9 \\$b", false) == Words{"a\u00e9", "$b"});
  CHECK(split_command(R"(echo `a\nb "c d' (e` $(a\tb "c ' d))") ==
        Words{"echo", R"(`a\nb "c d' (e`)", R"($(a\tb "c ' d))"});
  CHECK(split_command(R"("$(a b" '$(`' "`")") == Words{"$(a b", "$(`", "`"});
  CHECK(split_command(R"(\$(x) "" a"")") == Words{"$(x)", "", "a"});
  CHECK(split_command("echo 12>x").value() == Words{"echo"});
  CHECK(split_command("echo 2a>x").value() == Words{"echo", "2a"});
  CHECK(split_command("echo \"\">x").value() == Words{"echo", ""});
  for (const auto* wrong : {"a)", ")", "$($(a))", R"(x\\$(y))", "a`b", "()", "a\\"}) {
    INFO(wrong);
    CHECK_FALSE(split_command(wrong, false).has_value());
  }
}

TEST_CASE("permission bits are octal digits") {
  CHECK(parse_file_mode("0440") == 0440U);
  CHECK(parse_file_mode("0o440") == 0440U);
  CHECK(parse_file_mode("1777") == 01777U);
  CHECK(format_file_mode(0400) == "0400");
  for (const auto* wrong : {"", "9", "0o", "10000", "-1"}) CHECK_FALSE(parse_file_mode(wrong).has_value());
}

TEST_CASE("the nearest name is one slip of the fingers away") {
  const std::vector<std::string> names{"image", "volumes", "environment"};
  CHECK(nearest("imgae", names) == "image");
  CHECK(nearest("enviroment", names) == "environment");
  CHECK(nearest("Volume", names) == "volumes");
  CHECK_FALSE(nearest("ports", names).has_value());
  CHECK_FALSE(nearest(std::string(1000, 'x'), names).has_value());
}

TEST_CASE("well-formed UTF-8 is told from other bytes") {
  CHECK_FALSE(find_invalid_utf8("a\u00e9\u20ac\U0001F600").has_value());
  CHECK(find_invalid_utf8("ab\x80") == 2);
  for (const auto* wrong : {"\xc0\x80", "\xe0\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82"}) {
    CHECK(find_invalid_utf8(wrong) == 0);
  }
}

TEST_CASE("texts are split, joined and trimmed") {
  CHECK(split("a::b", ':') == std::vector<std::string>{"a", "", "b"});
  CHECK(split("", ':') == std::vector<std::string>{""});
  CHECK(join({"a", "", "b"}, ", ") == "a, , b");
  CHECK(trim(" \t a b \r\n") == "a b");
  CHECK(parse_integer("42") == 42);
  for (const auto* wrong : {"", "-1", "+1", " 1", "1x", "99999999999999999999"})
    CHECK_FALSE(parse_integer(wrong).has_value());
}

}  // namespace saasctl::values_test
