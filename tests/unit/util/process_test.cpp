#include "util/process.hpp"

#include <thread>

#include "catch.hpp"

namespace saasctl::process_test {

using namespace std::chrono_literals;

TEST_CASE("a program's output, errors and exit code are told apart") {
  const auto result = run_process({"sh", "-c", "cat; echo oops >&2; exit 7"}, {.input = "given"}, {});
  REQUIRE(result);
  CHECK(result->exit_code == 7);
  CHECK(result->standard_output == "given");
  CHECK(result->standard_error == "oops\n");
}

TEST_CASE("arguments pass no shell and the environment is added to") {
  const auto result = run_process({"printf", "%s|%s", "a b", "$HOME;*"}, {}, {});
  REQUIRE(result);
  CHECK(result->standard_output == "a b|$HOME;*");
  const auto with = run_process({"sh", "-c", "echo $MINE${PATH:+set}"}, {.environment = {{"MINE", "yes-"}}}, {});
  REQUIRE(with);
  CHECK(with->standard_output == "yes-set\n");
}

TEST_CASE("a program that is not there is not found") {
  const auto result = run_process({"no-such-program-here"}, {}, {});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::not_found);
  CHECK(run_process({"/no/such/path"}, {}, {}).error().kind == ErrorKind::not_found);
}

TEST_CASE("a slow program is stopped at its deadline and on request") {
  const auto start = std::chrono::steady_clock::now();
  const auto late = run_process({"sleep", "30"}, {.timeout = 50ms}, {});
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::timeout);

  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(50ms);
    source.request_stop();
  });
  const auto stopped = run_process({"sleep", "30"}, {}, source.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::interrupted);
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("output beyond the limit is dropped, and the program still ends") {
  const auto result = run_process({"head", "-c", "3000000", "/dev/zero"}, {.max_output = 1000}, {});
  REQUIRE(result);
  CHECK(result->exit_code == 0);
  CHECK(result->standard_output.size() == 1000);
}

TEST_CASE("a grandchild that holds the output open does not hold the caller") {
  const auto start = std::chrono::steady_clock::now();
  const auto result = run_process({"sh", "-c", "sleep 20 & echo done"}, {}, {});
  REQUIRE(result);
  CHECK(result->standard_output == "done\n");
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("a signal is told by its number") {
  const auto result = run_process({"sh", "-c", "kill -TERM $$"}, {}, {});
  REQUIRE(result);
  CHECK(result->exit_code == 143);
}

}  // namespace saasctl::process_test
