// Text of others on a terminal.
#include "util/printable.hpp"

#include "catch.hpp"

namespace saasctl::printable_test {

TEST_CASE("printable: nothing that a terminal obeys is left") {
  const std::pair<std::string, std::string> all[] = {
      {"plain text, ümlaut, 日本, 🚀", "plain text, ümlaut, 日本, 🚀"},
      {"two\nlines\tand a tab", "two\nlines\tand a tab"},
      {"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
      {std::string("nul\0", 4), "nul\\x00"},
      {"back\b, return\r, delete\x7f", "back\\x08, return\\r, delete\\x7f"},
      {"\xc2\x9b"
       "31m",
       "\\u009b31m"},                                              // CSI as one character
      {"\xc2\xa0|\xc2\x80|\xc2\x9f", "\xc2\xa0|\\u0080|\\u009f"},  // a no-break space is no control character
      {"\x9b"
       "31m \xff",
       "\\x9b31m \\xff"},  // CSI as a byte of Latin-1
      {"\xc0\x9b overlong", "\\xc0\\x9b overlong"},
      {"cut off \xe2\x82", "cut off \\xe2\\x82"},
      {"cut off \xc2", "cut off \\xc2"},
      {"", ""},
  };
  for (const auto& [text, expected] : all) CHECK(printable(text) == expected);
}

TEST_CASE("printable: a line stays one line, and later lines of a block are indented") {
  CHECK(printable_line("a\nerror: b\tc\x1b") == "a\\nerror: b c\\x1b");
  CHECK(printable_block("boom\nerror: forged\r\n\nend\r\n\n", 3) == "boom\n   error: forged\n   \n   end");
  CHECK(printable_block("one\x1b[2J", 7) == "one\\x1b[2J");
  CHECK(printable_block("over\rwritten", 7) == "over\\rwritten");
}

}  // namespace saasctl::printable_test
