// The verbs as people who come from docker compose type them.
#include "stack.hpp"
#include "terminal_tool.hpp"

namespace saasctl::verbs_test {

using namespace saasctl::test;

namespace {

const std::string two_services =
    "services:\n"
    "  web:\n    image: debian:trixie-slim\n    pull_policy: never\n    command: [sleep, infinity]\n"
    "    stop_signal: SIGKILL\n    ports: ['127.0.0.1::80', '127.0.0.1::53/udp', '127.0.0.1::9']\n"
    "  tool:\n    image: debian:trixie-slim\n    pull_policy: never\n    command: [echo, a tool]\n"
    "    profiles: [tools]\n";

// A shell runs `script` with the tool and its first options as "$@"; a minute is more than it needs.
Outcome run_script(const Stack& stack, const std::string& script) {
  std::vector<std::string> words{"sh", "-c", script, "sh"};
  for (auto& word : command_of(stack.arguments({}))) words.push_back(std::move(word));
  ProcessOptions options;
  options.environment = stack.variables();
  options.timeout = std::chrono::minutes(1);
  const auto result = run_process(words, options, {});
  if (!result) FAIL(result.error().message);
  return {result->exit_code, result->standard_output, result->standard_error};
}

}  // namespace

TEST_CASE("verbs: standard descriptors that are closed are empty and take everything") {
  const auto client = real_engine();
  const Stack stack(client, "closed");
  stack.write(two_services);
  stack.must({"up"});
  CHECK(run_script(stack, "\"$@\" exec -T web cat <&-").exit_code == 0);
  CHECK(run_script(stack, "\"$@\" run --rm -T web cat <&-").exit_code == 0);
  CHECK(run_script(stack, "\"$@\" cp web:/etc/hostname - >&-").exit_code == 0);
}

TEST_CASE("verbs: a reader that wants no more ends the tool without a word") {
  const auto client = real_engine();
  const Stack stack(client, "head");
  stack.write(
      "services:\n  web:\n    image: debian:trixie-slim\n    pull_policy: never\n    stop_signal: SIGKILL\n"
      "    command: [sh, -c, 'seq 100000; exec sleep infinity']\n");
  stack.must({"up"});
  for (const std::string verb : {"logs", "logs -f", "exec -T web yes", "cp web:/usr -"}) {
    const auto outcome = run_script(stack, "{ \"$@\" " + verb + "; echo code $? >&2; } | head -c 1");
    INFO(verb << ": " << outcome.err);
    CHECK(outcome.err == "code 141\n");
  }
  CHECK(run_script(stack, "\"$@\" --help > /dev/full").exit_code == 1);
}

TEST_CASE("verbs: a service that is named has its profile active") {
  const auto client = real_engine();
  const Stack stack(client, "profile");
  stack.write(two_services);
  const auto scaled = stack.run({"up", "--scale", "tool=2"});
  CHECK(scaled.exit_code == 2);
  CHECK(contains(scaled.err, "tool is not active: its profile tools is not active"));
  CHECK(contains(scaled.err, "--profile tools"));
  CHECK(stack.must({"run", "--rm", "tool"}).out == "a tool\n");
  CHECK(contains(stack.run({"exec", "tool", "true"}).err, "tool has no container"));
  CHECK(contains(stack.must({"pull", "tool"}).err, "nothing to pull"));
  stack.must({"create", "tool"});
  stack.must({"cp", "-L", "tool:/etc/os-release", (stack.folder() / "name").string()});
  stack.must({"rm", "-f", "tool"});
  stack.must({"scale", "web=2"});
  CHECK(stack.containers().size() == 2);
}

TEST_CASE("verbs: up lists the ports of the services named, each with what it is in the container") {
  const auto client = real_engine();
  const Stack stack(client, "ports");
  stack.write(two_services + "  other:\n    image: debian:trixie-slim\n    pull_policy: never\n" +
              "    command: [sleep, infinity]\n    stop_signal: SIGKILL\n    ports: ['127.0.0.1::81']\n");
  stack.must({"up"});
  stack.must({"run", "-d", "-p", "127.0.0.1::70", "web", "sleep", "infinity"});
  const auto listed = stack.must({"up", "-d", "--wait", "web"}).out;
  INFO(listed);
  const auto at = [&](const std::string& port) { return listed.find("  " + port + "\n"); };
  CHECK(at("9/tcp") < at("53/udp"));
  CHECK(at("53/udp") < at("80/tcp"));
  CHECK(at("80/tcp") != std::string::npos);
  CHECK(at("70/tcp") == std::string::npos);
  CHECK(at("81/tcp") == std::string::npos);
}

TEST_CASE("verbs: up stays until a container ends and gives the exit code that was asked for") {
  const auto client = real_engine();
  const Stack stack(client, "attended");
  const auto service = [](const std::string& name, const std::string& script, const std::string& more = "") {
    return "  " + name + ":\n    image: debian:trixie-slim\n    pull_policy: never\n    stop_signal: SIGKILL\n" +
           "    command: [sh, -c, '" + script + "']\n" + more;
  };
  stack.write("services:\n" + service("job", "echo prepared") + service("server", "exec sleep infinity") +
              service("tests", "echo tested; exit 3",
                      "    depends_on: {job: {condition: service_completed_successfully}, server: {condition: "
                      "service_started}}\n"));
  const auto outcome = stack.run({"up", "--exit-code-from", "tests"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 3);
  CHECK(contains(outcome.out, "| tested\n"));
  CHECK(contains(outcome.err, "tests-1 exited with code 3"));
  CHECK(stack.container("server").state.running == false);
  CHECK(stack.run({"up", "--abort-on-container-exit", "server", "tests"}).exit_code == 3);
  CHECK(stack.run({"up", "--exit-code-from", "server"}).exit_code == 137);
  CHECK(stack.run({"up", "server", "--exit-code-from", "tests"}).exit_code == 2);
}

TEST_CASE("verbs: up that stays does not show a service with attach: false, and waits for it all the same") {
  const auto client = real_engine();
  const Stack stack(client, "unattached");
  const auto service = [](const std::string& name, const std::string& script, const std::string& more) {
    return "  " + name + ":\n    image: debian:trixie-slim\n    pull_policy: never\n    stop_signal: SIGKILL\n" +
           "    command: [sh, -c, '" + script + "']\n" + more;
  };
  const auto hidden = [&](const std::string& script) { return service("quiet", script, "    attach: false\n"); };
  stack.write("services:\n" + hidden("echo unseen; exec sleep infinity") + service("loud", "echo seen; exit 3", ""));
  const auto both = stack.run({"up", "--abort-on-container-exit"});
  INFO(both.out << both.err);
  CHECK(both.exit_code == 3);
  CHECK(contains(both.out, "| seen\n"));
  CHECK_FALSE(contains(both.out, "unseen"));
  stack.write("services:\n" + hidden("echo unseen; exit 4"));
  const auto alone = stack.run({"up", "--abort-on-container-exit"});
  INFO(alone.out << alone.err);
  CHECK(alone.exit_code == 4);
  CHECK(alone.out.empty());
}

TEST_CASE("verbs: up creates nothing when the engine is too old for a key, and obeys the key when it is not") {
  const auto client = real_engine();
  const Stack stack(client, "too-old");
  stack.write(
      "services:\n  web:\n    image: debian:trixie-slim\n    pull_policy: never\n    stop_signal: SIGKILL\n"
      "    command: [sleep, infinity]\n    networks: {default: {interface_name: eth7}}\n"
      "    annotations: {org.example.note: a}\n");
  const auto outcome = stack.run({"up"});
  INFO(outcome.err);
  CHECK(contains(outcome.err, "annotations needs Docker Engine 24") == (client.api_version().minor < 43));
  if (client.api_version().minor < 49) {
    CHECK(outcome.exit_code != 0);
    CHECK(contains(outcome.err, "web: networks.interface_name needs Docker Engine 28.1 (API 1.49)"));
    CHECK(stack.containers().empty());
  } else {
    CHECK(outcome.exit_code == 0);
    CHECK(stack.run({"exec", "-T", "web", "test", "-e", "/sys/class/net/eth7"}).exit_code == 0);
  }
}

TEST_CASE("verbs: a variable that nobody sets is removed from what the process and a hook inherit") {
  const auto client = real_engine();
  const Stack stack(client, "unset");
  stack.write(
      "services:\n  web:\n    image: debian:trixie-slim\n    pull_policy: never\n    stop_signal: SIGKILL\n"
      "    environment: {PRESENT: a, KEPT: b, NOBODY_SETS_THIS: }\n    env_file: [web.env]\n"
      "    command: [sh, -c, 'env; exec sleep infinity']\n"
      "    post_start: [{command: [sh, -c, 'env > /hook'], environment: [KEPT]}]\n");
  write_file(stack.folder() / "web.env", "NOBODY_SETS_THIS=file\n");
  stack.must({"up"});
  const auto process = stack.must({"logs", "--no-log-prefix", "web"}).out;
  CHECK(contains(process, "PRESENT=a\n"));
  CHECK_FALSE(contains(process, "NOBODY_SETS_THIS"));
  const auto hook = stack.must({"exec", "-T", "web", "cat", "/hook"}).out;
  CHECK(contains(hook, "PRESENT=a\n"));
  CHECK_FALSE(contains(hook, "KEPT="));
}

TEST_CASE("verbs: exec and cp need no file") {
  const auto client = real_engine();
  const Stack stack(client, "no-file");
  stack.write(two_services);
  stack.must({"up"});
  const auto name = stack.run_without_file({"exec", "-T", "web", "echo", "here"});
  INFO(name.err);
  CHECK(name.out == "here\n");
  CHECK(stack.run_without_file({"cp", "web:/etc/hostname", "-"}).exit_code == 0);
  CHECK(contains(stack.run_without_file({"exec", "wob", "true"}).err, "did you mean 'web'?"));
}

TEST_CASE("verbs: containers of run are listed with all, and down says what it leaves") {
  const auto client = real_engine();
  const Stack stack(client, "one-offs");
  stack.write(two_services);
  const auto name = stack.project() + "-aside";
  stack.must({"run", "-d", "--name", name, "web", "sleep", "infinity"});
  CHECK_FALSE(contains(stack.must({"ps"}).out, name));
  CHECK(contains(stack.must({"ps", "--all"}).out, name));
  const auto down = stack.must({"down"});
  INFO(down.err);
  CHECK(contains(down.err, "left: " + name + ", which saasctl run has made; --remove-orphans takes it away"));
  CHECK(contains(down.err, "left: network " + stack.project() + "_default, because " + name + " is attached to it"));
  stack.must({"down", "--remove-orphans"});
  CHECK(stack.containers().empty());
}

TEST_CASE("verbs: a command that cannot be started is an error, not its output") {
  const auto client = real_engine();
  const Stack stack(client, "not-started");
  stack.write(two_services);
  stack.must({"up"});
  const auto refused = [&](const std::vector<std::string>& verb, const std::string& hint) {
    const auto outcome = stack.run(verb);
    INFO(outcome.out << outcome.err);
    CHECK(outcome.out.empty());
    CHECK((outcome.exit_code == 126 || outcome.exit_code == 127));
    CHECK(contains(outcome.err, "error: "));
    CHECK(contains(outcome.err, hint));
  };
  refused({"exec", "-T", "web", "/no/such/program"}, "");
  refused({"exec", "-T", "-u", "nobody-else", "web", "true"}, "user");
  refused({"exec", "-T", "-w", "/no/such/folder", "web", "true"}, "/no/such/folder");
  const auto own = stack.run({"exec", "-T", "web", "sh", "-c", "echo 'OCI runtime exec failed: not at all'; exit 5"});
  CHECK(own.exit_code == 5);
  CHECK(own.out == "OCI runtime exec failed: not at all\n");
}

TEST_CASE("verbs: a docker configuration that cannot be read is warned about") {
  const auto client = real_engine();
  Stack stack(client, "config-json");
  stack.write(two_services);
  const TemporaryFolder folder;
  write_file(folder.path() / "config.json", "{ not JSON");
  stack.variables()["DOCKER_CONFIG"] = folder.path().string();
  stack.variables()["DOCKER_HOST"] = "";
  const auto outcome = stack.run({"ps"});
  CHECK(contains(outcome.err, "config.json is not JSON; the default engine is used"));
}

TEST_CASE("verbs: stats and pull say what is not there") {
  const auto client = real_engine();
  const Stack stack(client, "absent");
  stack.write("services:\n  one: {image: 127.0.0.1:1/one}\n  two: {image: 127.0.0.1:1/two}\n");
  CHECK(contains(stack.must({"stats", "--no-stream", "one"}).err, "one does not run"));
  const auto pulled = stack.run({"pull"});
  INFO(pulled.err);
  CHECK(pulled.exit_code == 1);
  CHECK(contains(pulled.err, "2 images could not be pulled"));
  CHECK(contains(pulled.err, "       127.0.0.1:1/one: "));
  CHECK(contains(pulled.err, "       127.0.0.1:1/two: "));
}

TEST_CASE("verbs: ctrl-p ctrl-q leaves a command to itself, and Ctrl-C is no failure of what goes on for ever") {
  using namespace std::chrono_literals;
  const auto client = real_engine();
  const Stack stack(client, "keys");
  stack.write(two_services);
  stack.must({"up"});
  TerminalTool shell(stack.arguments({"exec", "-e", "PS1=ready> ", "web", "sh"}), {});
  REQUIRE(shell.shows("ready> "));
  shell.type("\x10\x11");
  CHECK(shell.shows("left; the command goes on in the container"));
  CHECK(shell.wait() == 0);
  CHECK(shell.is_as_before());
  CHECK_FALSE(contains(shell.screen(), "escape sequence"));

  TerminalTool logs(stack.arguments({"logs", "-f"}), {});
  std::this_thread::sleep_for(1s);
  logs.type("\x03");
  CHECK(logs.wait() == 130);
  CHECK_FALSE(logs.shows("again", 100ms));
}

}  // namespace saasctl::verbs_test
