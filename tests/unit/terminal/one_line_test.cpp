#include "terminal/one_line.hpp"

#include "catch.hpp"

namespace saasctl::one_line_test {

using saasctl::terminal::cut;
using saasctl::terminal::one_line;

TEST_CASE("a short line is shown as it is") {
  CHECK(one_line("[build 2/5] RUN make", 100) == "[build 2/5] RUN make");
  CHECK(one_line("", 100).empty());
}

TEST_CASE("white space is folded and further lines are left out, which an ellipsis tells") {
  CHECK(one_line("  RUN  apt-get\tupdate  ", 100) == "RUN apt-get update");
  CHECK(one_line("RUN a   b\n  c\n", 100) == "RUN a b …");
  CHECK(one_line("\nRUN a\n", 100) == "RUN a");
}

TEST_CASE("a long line ends within its columns") {
  CHECK(one_line("0123456789", 10) == "0123456789");
  CHECK(one_line("0123456789a", 10) == "01234567 …");
  CHECK(one_line("ääääääääääa", 10) == "ääääääää …");
  CHECK(cut("äöü", 2) == "äö");
}

}  // namespace saasctl::one_line_test
