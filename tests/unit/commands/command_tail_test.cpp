#include "commands/command_tail.hpp"

#include <algorithm>

#include "catch.hpp"
#include "commands/command.hpp"
#include "commands/usage.hpp"

namespace saasctl::command_tail_test {

using namespace saasctl::commands;

namespace {

// The words behind `saasctl` as "own | tail".
std::string split(const std::vector<std::string>& words) {
  CLI::App app;
  std::string file, user, service;
  std::vector<std::string> environment;
  bool no_tty = false;
  app.add_option("-f,--file", file);
  app.add_flag("--no-color");
  auto* exec = app.add_subcommand("exec");
  exec->prefix_command();
  exec->add_option("service", service);
  exec->add_option("-u,--user", user);
  exec->add_option("-e,--env", environment)->allow_extra_args(false);
  exec->add_flag("-T,--no-tty", no_tty);
  app.add_subcommand("logs");
  const auto result = split_tail(app, words);
  std::string out;
  for (const auto& word : result.own) out += word + " ";
  out += "|";
  for (const auto& word : result.tail) out += " " + word;
  return out;
}

}  // namespace

TEST_CASE("everything after the service belongs to the command") {
  CHECK(split({"exec", "web", "ls", "-l", "--user", "x"}) == "exec web | ls -l --user x");
  CHECK(split({"-f", "exec", "--no-color", "exec", "-T", "web", "-T", "web"}) ==
        "-f exec --no-color exec -T web | -T web");
  CHECK(split({"exec", "-u", "root", "web", "sh"}) == "exec -u root web | sh");
  CHECK(split({"exec", "-uroot", "web", "sh"}) == "exec -uroot web | sh");
  CHECK(split({"exec", "-Tu", "root", "-e", "A=1", "-eB", "web", "sh"}) == "exec -Tu root -e A=1 -eB web | sh");
  CHECK(split({"exec", "--user=root", "--env", "A", "web", "sh", "-c", "--", "x"}) ==
        "exec --user=root --env A web | sh -c -- x");
  CHECK(split({"exec", "-f", "other.yaml", "web", "sh"}) == "exec -f other.yaml web | sh");
  CHECK(split({"exec", "web", "--", "--help"}) == "exec web | --help");
  CHECK(split({"exec", "web"}) == "exec web |");
  CHECK(split({"exec", "--help"}) == "exec --help |");
}

TEST_CASE("words of other verbs are all their own") {
  CHECK(split({"logs", "web", "-f"}) == "logs web -f |");
  CHECK(split({"no-such", "web", "x"}) == "no-such web x |");
  CHECK(split({}) == "|");
}

TEST_CASE("control characters of the command line are escaped in its errors") {
  const std::string forged = "x\nerror: forged\x1b[31m", escaped = "x\\nerror: forged\\x1b[31m";
  const std::vector<std::vector<std::string>> lines{{"up", "--" + forged},         {"version", forged},
                                                    {"stop", "--timeout", forged}, {"kill", "-s", forged},
                                                    {"up", "--wait=" + forged},    {"config", "--format", forged}};
  for (auto words : lines) {
    CLI::App app("", "saasctl");
    setup_all(app, [](const Action&) {});
    std::ranges::reverse(words);
    std::string text;
    try {
      app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      text = usage_text(app, error);
    }
    INFO(text);
    CHECK(text.find(escaped) != std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("\nerror:") == std::string::npos);
    CHECK(unknown_verb(app, forged).starts_with("error: unknown command '" + escaped + "'\n"));
  }
}

}  // namespace saasctl::command_tail_test
