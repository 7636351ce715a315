#include "common/core/resp.hpp"

#include "tests/catch.hpp"

using namespace saasctl::services::resp;

TEST_CASE("A command is an array of bulk strings", "[resp]") {
  std::string bytes;
  encode(bytes, {"SET", "k", "a\r\nb"});
  CHECK(bytes == "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n");
}

TEST_CASE("Every kind of reply is read, one after the other", "[resp]") {
  Reader reader;
  reader.feed("+OK\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n-ERR no\r\n");
  CHECK(std::get<std::string>(reader.next()->value()) == "OK");
  CHECK(std::get<std::int64_t>(reader.next()->value()) == -7);
  CHECK(std::get<std::string>(reader.next()->value()) == "a\r\n");
  CHECK(std::holds_alternative<std::monostate>(reader.next()->value()));
  CHECK(std::get<ServerError>(reader.next()->value()).message == "ERR no");
  CHECK_FALSE(reader.next()->has_value());
}

TEST_CASE("A reply may come in pieces of any size", "[resp]") {
  Reader reader;
  const std::string bytes = "$5\r\nhello\r\n";
  for (const char byte : bytes) {
    CHECK_FALSE(reader.next()->has_value());
    reader.feed({&byte, 1});
  }
  CHECK(std::get<std::string>(reader.next()->value()) == "hello");
}

TEST_CASE("What is no reply ends the reading", "[resp]") {
  const std::string_view wrong =
      GENERATE(as<std::string_view>{}, "hello\r\n", "\r\n", ":x\r\n", "$-2\r\n", "$1\r\nabc", "$99999999999\r\n");
  CAPTURE(wrong);
  Reader reader;
  reader.feed(wrong);
  CHECK_FALSE(reader.next().has_value());
}
