// What is said to command lines that are none.
#include "commands/usage.hpp"

#include <algorithm>

#include "catch.hpp"
#include "commands/command.hpp"
#include "commands/exec_output_filter.hpp"

namespace saasctl::usage_test {

using namespace saasctl::commands;

namespace {

struct Parsed {
  CLI::App app{"", "saasctl"};
  std::string said;  // empty: it is a command line

  explicit Parsed(std::vector<std::string> words) {
    setup_all(app, [](const Action&) {});
    std::reverse(words.begin(), words.end());
    try {
      app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      said = usage_text(app, error);
    }
  }
  std::vector<std::string> of(const std::string& option) const {
    return app.get_subcommands().front()->get_option(option)->results();
  }
};

std::string said(std::vector<std::string> words) {
  return Parsed(std::move(words)).said;
}

bool says(const std::vector<std::string>& words, const std::vector<std::string>& parts) {
  const auto text = said(words);
  return std::ranges::all_of(parts, [&](const auto& part) { return text.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("an option of up whose value may be left out never takes a service for it") {
  const Parsed plain({"up", "-d", "--wait", "web"});
  CHECK(plain.said.empty());
  CHECK(plain.of("service") == std::vector<std::string>{"web"});
  CHECK(Parsed({"up", "--wait=engine"}).of("--wait") == std::vector<std::string>{"engine"});
  CHECK(says({"up", "--wait=ever"}, {"ready", "engine", "false"}));
}

TEST_CASE("an unknown option is reported with its command and the nearest one") {
  CHECK(said({"up", "--force-recraete"}) ==
        "error: up: unknown option '--force-recraete', did you mean '--force-recreate'?\n"
        "       saasctl up --help lists its options");
  CHECK(says({"config", "--servces"}, {"config: unknown option '--servces'", "--services"}));
  CHECK(says({"secrets", "init", "--xyzzy"}, {"init: unknown option '--xyzzy'\n", "saasctl secrets init --help"}));
  CHECK(says({"version", "web"}, {"version: unexpected word 'web'"}));
  CHECK(says({"--timeout", "60", "up"}, {"up: '--timeout' must follow the command: saasctl up --timeout"}));
}

TEST_CASE("an invalid value is reported with what was expected") {
  CHECK(says({"stop", "--timeout", "abc"}, {"stop: --timeout takes a whole number, not 'abc'"}));
  CHECK(says({"kill", "-s", ""}, {"'' is not a signal; for example SIGTERM"}));
  CHECK(says({"kill", "-s", "NOPE"}, {"'NOPE' is not a signal; for example SIGTERM"}));
  CHECK(says({"kill", "-s", "0"}, {"is not a signal"}));
  for (const auto* signal : {"9", "KILL", "sighup", "SIGRTMIN+3", "IO"}) CHECK(said({"kill", "-s", signal}).empty());
}

TEST_CASE("only one of two options that exclude each other") {
  CHECK(says({"up", "-d", "--exit-code-from", "tests"}, {"up: ", "--detach"}));
  CHECK(said({"up", "--exit-code-from", "tests", "--pull", "always", "--no-build", "-t", "3"}).empty());
  CHECK_FALSE(said({"up", "--build", "--no-build"}).empty());
}

TEST_CASE("what an engine says of a command that did not start is told from output") {
  CHECK(may_be_start_failure("OCI run"));
  CHECK(may_be_start_failure("OCI runtime exec failed: exec failed: x"));
  CHECK(may_be_start_failure("unable to find user nobody2: no matching entries in passwd file\r\n"));
  CHECK_FALSE(may_be_start_failure("OCI registry"));
  CHECK(is_detach_message("exec attach failed: error on attach stdin: read escape sequence\r\n"));
  CHECK_FALSE(is_detach_message("exec attach failed: error on attach stdin: read escape sequence, it said"));
  CHECK_FALSE(may_be_start_failure("unable to find user " + std::string(5000, 'x')));
}

}  // namespace saasctl::usage_test
