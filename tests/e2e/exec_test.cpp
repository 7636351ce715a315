// exec and run: somebody else's program as if it were here.
#include <thread>

#include "stack.hpp"
#include "terminal_tool.hpp"

namespace saasctl::exec_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

const std::string shell_stack =
    "services:\n  one:\n    image: debian:trixie-slim\n    pull_policy: never\n    command: [sleep, infinity]\n"
    "    stop_signal: SIGKILL\n    environment: {COLOUR: red}\n"
    "  two:\n    image: debian:trixie-slim\n    pull_policy: never\n    command: [sleep, infinity]\n"
    "    stop_signal: SIGKILL\n    depends_on: [one]\n    ports: ['127.0.0.1::80']\n";

// The tool with something on its standard input.
Outcome run_with_input(const Stack& stack, const std::vector<std::string>& verb, const std::string& input) {
  ProcessOptions options;
  options.input = input;
  const auto result = run_process(command_of(stack.arguments(verb)), options, {});
  if (!result) FAIL(result.error().message);
  return {result->exit_code, result->standard_output, result->standard_error};
}

std::vector<engine::ContainerSummary> one_offs(const Stack& stack) {
  auto list = stack.containers();
  std::erase_if(list,
                [](const auto& container) { return container.labels.at(std::string(plan::label::one_off)) != "True"; });
  return list;
}

}  // namespace

TEST_CASE("exec carries streams, the end of the input and the exit code") {
  const auto client = real_engine();
  const Stack stack(client, "exec");
  stack.write(shell_stack);
  stack.must({"up", "one"});

  const auto both = stack.run({"exec", "-iT", "one", "sh", "-c", "echo out; echo err >&2; exit 7"});
  CHECK(both.exit_code == 7);
  CHECK(both.out == "out\n");
  CHECK(both.err == "err\n");

  std::string input;
  for (int i = 0; input.size() < 300'000; ++i) input += std::to_string(i) + "\n";
  const auto piped = run_with_input(stack, {"exec", "-T", "one", "cat"}, input);
  CHECK(piped.exit_code == 0);
  CHECK(piped.out == input);

  const auto options = stack.run({"exec", "-u", "1234:5", "-w", "/tmp", "-e", "A=1", "-eB=2", "one", "sh", "-c",
                                  "echo $(id -u):$(id -g) $(pwd) $A $B $COLOUR $0 $1", "-e", "-w"});
  CHECK(options.out == "1234:5 /tmp 1 2 red -e -w\n");

  // Engines up to 20.10 do not tell a missing program from one that cannot be run.
  const int missing = stack.run({"exec", "one", "/no/such/program"}).exit_code;
  CHECK((missing == 127 || missing == 126));
  CHECK(stack.run({"exec", "one", "/etc/passwd"}).exit_code == 126);
  CHECK(stack.run({"exec", "one", "sh", "-c", "kill -KILL $$"}).exit_code == 137);
  stack.must({"exec", "-d", "one", "touch", "/tmp/detached"});
  CHECK(stack
            .run({"exec", "one", "sh", "-c",
                  "for i in $(seq 50); do test -e /tmp/detached && exit; sleep .1; done; exit 1"})
            .exit_code == 0);
}

TEST_CASE("exec says what it cannot do") {
  const auto client = real_engine();
  const Stack stack(client, "exec-bad");
  stack.write(shell_stack);
  const auto unknown = stack.run({"exec", "onee", "true"});
  CHECK(unknown.exit_code == 2);
  CHECK(contains(unknown.err, "one"));
  const auto none = stack.run({"exec", "one", "true"});
  CHECK(none.exit_code == 1);
  CHECK(contains(none.err, "one has no container"));
  CHECK(stack.run({"exec", "one"}).exit_code == 2);
  CHECK(stack.run({"exec"}).exit_code == 2);
}

TEST_CASE("exec gives the program a terminal, its size and its keys, and takes it back") {
  const auto client = real_engine();
  const Stack stack(client, "exec-tty");
  stack.write(shell_stack);
  stack.must({"up", "one"});
  TerminalTool tool(stack.arguments({"exec", "-e", "PS1=ready> ", "one", "sh"}), {});
  REQUIRE(tool.shows("ready> "));
  CHECK(tool.is_raw());
  tool.type("tty; stty size\r");
  CHECK(tool.shows("/dev/pts/"));
  CHECK(tool.shows("30 90"));
  tool.resize(41, 123);
  tool.type("sleep 0.3; stty size\r");
  CHECK(tool.shows("41 123"));
  tool.type("sleep 100\r");
  std::this_thread::sleep_for(300ms);
  tool.type("\x03");  // Ctrl-C is for the program
  CHECK(tool.shows("ready> "));
  tool.type("exit 5\r");
  CHECK(tool.wait() == 5);
  CHECK(tool.is_as_before());
}

TEST_CASE("a signal ends exec and gives the terminal back") {
  const auto client = real_engine();
  const Stack stack(client, "exec-signal");
  stack.write(shell_stack);
  stack.must({"up", "one"});
  for (const auto& [signal, code] : std::map<int, int>{{SIGTERM, 143}, {SIGHUP, 129}}) {
    TerminalTool tool(stack.arguments({"exec", "-e", "PS1=ready> ", "one", "sh"}), {});
    REQUIRE(tool.shows("ready> "));
    CHECK(tool.is_raw());
    tool.send(signal);
    CHECK(tool.wait() == code);
    CHECK(tool.is_as_before());
  }
}

TEST_CASE("run makes a container of its own after the dependencies, and removes it when asked") {
  const auto client = real_engine();
  const Stack stack(client, "run");
  stack.write(shell_stack);
  const auto first =
      run_with_input(stack, {"run", "--rm", "-T", "-e", "A=1", "two", "sh", "-c", "cat; echo $A; exit 3"}, "typed\n");
  INFO(first.err);
  CHECK(first.exit_code == 3);
  CHECK(first.out == "typed\n1\n");
  CHECK(one_offs(stack).empty());
  REQUIRE(stack.ids().size() == 1);
  CHECK(stack.container("one").state.running);

  CHECK(stack.run({"run", "-T", "--no-deps", "two", "true"}).exit_code == 0);
  const auto left = one_offs(stack);
  REQUIRE(left.size() == 1);
  CHECK(left.front().name.starts_with(stack.project() + "-two-run-"));
  CHECK(left.front().ports.empty());

  const auto detached = stack.must({"run", "-d", "--rm", "--service-ports", "two"});
  const auto name = detached.out.substr(0, detached.out.find('\n'));
  const auto running = engine::inspect_container(client, name, {});
  REQUIRE(running);
  CHECK(running->state.running);
  CHECK_FALSE(running->ports.empty());

  const auto taken = stack.run({"run", "--name", name, "two"});
  CHECK(taken.exit_code == 1);
  CHECK(contains(taken.err, "there is a container " + name));
  CHECK(engine::inspect_container(client, name, {}));
}

TEST_CASE("run gives a terminal, and a program that does not exist is 127 and leaves nothing") {
  const auto client = real_engine();
  const Stack stack(client, "run-tty");
  stack.write(shell_stack);
  TerminalTool tool(stack.arguments({"run", "--rm", "--entrypoint", "sh -c", "one", "stty size; tty; read x; echo $x"}),
                    {});
  CHECK(tool.shows("/dev/"));
  tool.type("word\r");
  CHECK(tool.shows("word\r\nword"));
  CHECK(tool.wait() == 0);
  CHECK(tool.is_as_before());
  CHECK(stack.run({"run", "one", "/no/such"}).exit_code == 127);
  CHECK(one_offs(stack).empty());
}

TEST_CASE("run --rm that is interrupted leaves no container") {
  const auto client = real_engine();
  const Stack stack(client, "run-signal");
  stack.write(shell_stack);
  auto run = stack.start({"run", "--rm", "-T", "one", "sleep", "1000"});
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  const auto runs = [&] {
    const auto list = one_offs(stack);
    return !list.empty() && list.front().state == "running";
  };
  while (!runs() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(20ms);
  REQUIRE(runs());
  run.send(SIGINT);
  CHECK(run.wait() == 130);
  CHECK(one_offs(stack).empty());
}

namespace {

bool runs_one_off(const Stack& stack) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto list = one_offs(stack);
    if (!list.empty() && list.front().state == "running") return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

}  // namespace

TEST_CASE("run --rm leaves no container when two signals come at once, whatever the command does with them") {
  const auto client = real_engine();
  const Stack stack(client, "run-twice");
  stack.write(shell_stack);
  const std::string slow = "trap 'sleep 2; exit 0' TERM INT HUP; echo started; sleep 600 & wait";
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    for (const auto& command : {std::string("sleep 600"), slow}) {
      for (const auto pause : {0ms, 30ms, 300ms}) {
        INFO("signal " << signal << ", " << command << ", then " << pause.count() << " ms");
        auto run = stack.start({"run", "--rm", "-T", "one", "sh", "-c", command});
        REQUIRE(runs_one_off(stack));
        run.send(signal);
        std::this_thread::sleep_for(pause);
        run.send(signal);
        const int code = run.wait();
        // Two equal signals that are pending together are one, by which the command may end.
        const bool ended_itself = pause == 0ms && command == slow && code == 0;
        CHECK((code == 128 + signal || ended_itself));
        CHECK(one_offs(stack).empty());
      }
    }
  }
}

TEST_CASE("run --rm leaves no volume of secrets, also when it is interrupted or its program does not exist") {
  const auto client = real_engine();
  const Stack stack(client, "run-secrets");
  write_file(stack.folder() / "pw", "hunter2");
  stack.write(shell_stack + "    stop_grace_period: 1s\n    secrets: [pw]\nsecrets: {pw: {file: pw}}\n");
  stack.must({"up", "one"});
  const auto inventory = [&] {
    std::set<std::string> all = stack.volumes();
    for (const auto& container : stack.containers()) all.insert(container.name);
    all.merge(stack.networks());
    return all;
  };
  const auto before = inventory();
  const std::vector<std::string> rm{"run", "--rm", "-T", "--no-deps", "two"};
  const auto with = [&rm](std::vector<std::string> more) {
    more.insert(more.begin(), rm.begin(), rm.end());
    return more;
  };
  CHECK(stack.must(with({"cat", "/run/secrets/pw"})).out == "hunter2");
  CHECK(inventory() == before);
  CHECK(stack.run(with({"/no/such"})).exit_code == 127);
  CHECK(inventory() == before);
  for (const int signals : {1, 2}) {
    auto run = stack.start(with({"sleep", "1000"}));
    REQUIRE(runs_one_off(stack));
    for (int i = 0; i < signals; ++i) run.send(SIGTERM);
    CHECK(run.wait() == 143);
    CHECK(inventory() == before);
  }
  // Two at the same time mount one volume, which goes with the second.
  auto first = stack.start(with({"sleep", "1000"}));
  REQUIRE(runs_one_off(stack));
  CHECK(stack.must(with({"cat", "/run/secrets/pw"})).out == "hunter2");
  CHECK(stack.volumes().size() == 1);
  first.send(SIGTERM);
  CHECK(first.wait() == 143);
  CHECK(inventory() == before);
  // The service's own container keeps it.
  stack.must({"up", "two"});
  const auto running = inventory();
  CHECK(stack.must(with({"cat", "/run/secrets/pw"})).out == "hunter2");
  CHECK(inventory() == running);
  CHECK(stack.said_in("two", {"cat", "/run/secrets/pw"}) == "hunter2");
}

TEST_CASE("run hands a signal on and shows what the command still writes") {
  const auto client = real_engine();
  const Stack stack(client, "run-hands-on");
  stack.write(shell_stack);
  const auto output = stack.folder() / "output";
  auto run = stack.start(
      {"run", "--rm", "-T", "one", "sh", "-c", "trap 'echo goodbye; exit 0' TERM; while :; do sleep 0.1; done"},
      output);
  REQUIRE(runs_one_off(stack));
  std::this_thread::sleep_for(500ms);
  const auto sent = std::chrono::steady_clock::now();
  run.send(SIGTERM);
  CHECK(run.wait() == 0);
  CHECK(std::chrono::steady_clock::now() - sent < 5s);
  CHECK(text_of(output) == "goodbye\n");
  CHECK(one_offs(stack).empty());
}

TEST_CASE("run exits with the command's own code when that ends by the signal, else with that of the signal") {
  const auto client = real_engine();
  const Stack stack(client, "run-code");
  stack.write(shell_stack + "    stop_grace_period: 1s\n");
  const std::string loop = "; echo; while :; do sleep 0.1; done";
  for (const auto& [command, signal, code] : {std::tuple{"trap 'exit 7' TERM" + loop, SIGTERM, 7},
                                              {"trap 'exit 0' INT" + loop, SIGINT, 0},
                                              {"trap 'exit 9' HUP" + loop, SIGHUP, 9},
                                              {"trap '' TERM" + loop, SIGTERM, 143},
                                              {"trap '' INT" + loop, SIGINT, 130}}) {
    INFO(command);
    const auto output = stack.folder() / "output";
    std::filesystem::remove(output);
    auto run = stack.start({"run", "--rm", "-T", "--no-deps", "two", "sh", "-c", command}, output);
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (text_of(output).empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(20ms);
    run.send(signal);
    CHECK(run.wait() == code);
    CHECK(one_offs(stack).empty());
  }
}

TEST_CASE("run ends within the stop grace when its command writes without end and nobody reads any more") {
  const auto client = real_engine();
  const Stack stack(client, "run-floods");
  stack.write(shell_stack + "    stop_grace_period: 2s\n");
  const auto begun = std::chrono::steady_clock::now();
  const auto words = stack.arguments({"run", "--rm", "-T", "--no-deps", "two", "yes"});
  std::vector<std::string> shell{"sh", "-c", "\"$@\" | head -n 1", "sh", SAASCTL_PROGRAM};
  shell.insert(shell.end(), words.begin(), words.end());
  ProcessOptions options;
  options.timeout = 2min;
  const auto piped = run_process(shell, options, {});
  REQUIRE(piped);
  CHECK(piped->standard_output == "y\n");
  CHECK(std::chrono::steady_clock::now() - begun < 15s);
  CHECK(one_offs(stack).empty());

  auto run = stack.start({"run", "--rm", "-T", "--no-deps", "two", "yes"});
  REQUIRE(runs_one_off(stack));
  const auto sent = std::chrono::steady_clock::now();
  run.send(SIGINT);
  CHECK(run.wait() == 130);
  CHECK(std::chrono::steady_clock::now() - sent < 8s);
  CHECK(one_offs(stack).empty());
}

}  // namespace saasctl::exec_test
