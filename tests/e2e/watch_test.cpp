// watch: files change here, and the container follows.
#include "paths.hpp"
#include "stack.hpp"

namespace saasctl::watch_test {

using namespace saasctl::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Whether the shell command succeeds in the container within two seconds.
bool soon(const Stack& stack, const std::string& service, const std::string& command) {
  const auto deadline = std::chrono::steady_clock::now() + 2s;
  do {
    if (stack.run({"exec", "-T", service, "sh", "-c", command}).exit_code == 0) return true;
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

}  // namespace

TEST_CASE("watch synchronises, removes, runs commands and restarts") {
  const auto client = real_engine();
  const Stack stack(client, "watch");
  for (const auto* folder : {"src", "conf", "rules"}) fs::create_directories(stack.folder() / folder);
  write_file(stack.folder() / "src/first", "1");
  stack.write(
      "services:\n  one:\n    image: debian:trixie-slim\n    pull_policy: never\n    command: [sleep, infinity]\n"
      "    stop_signal: SIGKILL\n    develop:\n      watch:\n"
      "        - {path: ./src, action: sync, target: /app, ignore: ['*.tmp'], initial_sync: true}\n"
      "        - {path: ./conf, action: sync+restart, target: /conf}\n"
      "        - {path: ./rules, action: sync+exec, target: /rules, exec: {command: touch /reloaded}}\n");
  auto watch = stack.start({"watch"});
  REQUIRE(eventually([&] { return stack.run({"exec", "-T", "one", "cat", "/app/first"}).out == "1"; }));
  const auto started = stack.container("one").state.started_at;

  write_file(stack.folder() / "src/new/deep/file", "2");
  CHECK(soon(stack, "one", "test $(cat /app/new/deep/file) = 2"));
  write_file(stack.folder() / "src/left.tmp", "3");
  write_file(stack.folder() / "src/first", "4");
  CHECK(soon(stack, "one", "test $(cat /app/first) = 4"));
  CHECK(stack.run({"exec", "one", "test", "-e", "/app/left.tmp"}).exit_code == 1);
  fs::rename(stack.folder() / "src/new", stack.folder() / "src/moved");
  CHECK(soon(stack, "one", "test -e /app/moved/deep/file -a ! -e /app/new"));
  write_file(stack.folder() / "rules/r", "5");
  CHECK(soon(stack, "one", "test -e /reloaded -a -e /rules/r"));
  CHECK(stack.container("one").state.started_at == started);
  write_file(stack.folder() / "conf/c", "6");
  CHECK(eventually([&] { return stack.container("one").state.started_at != started; }));
  CHECK(soon(stack, "one", "test $(cat /conf/c) = 6"));
  watch.send(SIGINT);
  CHECK(watch.wait() == 130);
}

TEST_CASE("watch rebuilds and recreates that service alone") {
  const auto client = real_engine();
  const Stack stack(client, "watch-build");
  fs::create_directories(stack.folder() / "src");
  fs::copy_file(SAASCTL_FIXTURE, stack.folder() / "fixture");
  write_file(stack.folder() / "src/text", "1");
  write_file(stack.folder() / "Dockerfile",
             "FROM scratch\nCOPY fixture /fixture\nCOPY src /src\nENTRYPOINT [\"/fixture\"]\n");
  const std::string service = "{build: ., command: [sleep, '3600'], stop_signal: SIGKILL";
  stack.write("services:\n  one: " + service +
              ", develop: {watch: [{path: ./src, action: rebuild}]}}\n  two: " + service + "}\n");
  auto watch = stack.start({"watch"});
  REQUIRE(eventually([&] { return stack.ids().size() == 2; }));
  const auto before = stack.ids();
  std::this_thread::sleep_for(1s);
  write_file(stack.folder() / "src/text", "four");
  CHECK(eventually([&] {
    const auto ids = stack.ids();
    return ids.contains("one") && ids.at("one") != before.at("one") &&
           stack.run({"exec", "-T", "one", "/fixture", "size", "/src/text"}).out == "4 bytes\n";
  }));
  CHECK(stack.ids().at("two") == before.at("two"));
  watch.send(SIGTERM);
  CHECK(watch.wait() == 143);
}

TEST_CASE("watch says when there is nothing to watch") {
  const auto client = real_engine();
  const Stack stack(client, "watch-none");
  stack.write("services: {one: {image: debian:trixie-slim}}\n");
  const auto none = stack.run({"watch"});
  CHECK(none.exit_code == 2);
  CHECK(contains(none.err, "there is nothing to watch"));
}

}  // namespace saasctl::watch_test
