#include "commands/command_tail.hpp"

#include "catch.hpp"

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

}  // namespace saasctl::command_tail_test
