// cp: files into containers and out of them.
#include <sys/stat.h>

#include "stack.hpp"

namespace saasctl::cp_test {

using namespace saasctl::test;
namespace fs = std::filesystem;

namespace {

const std::string shell_stack =
    "services:\n  one:\n    image: debian:trixie-slim\n    pull_policy: never\n    command: [sleep, infinity]\n"
    "    stop_signal: SIGKILL\n";

std::string inside(const Stack& stack, const std::string& command) {
  return stack.must({"exec", "-T", "one", "sh", "-c", command}).out;
}

}  // namespace

TEST_CASE("a folder goes into a container and comes back the same") {
  const auto client = real_engine();
  const Stack stack(client, "cp");
  stack.write(shell_stack);
  stack.must({"up"});
  const auto tree = stack.folder() / "tree";
  write_file(tree / "inner/file", std::string(200'000, 'x'));
  write_file(tree / "script", "#!/bin/sh\n");
  fs::permissions(tree / "script", fs::perms(0755));
  fs::create_symlink("inner/file", tree / "link");
  const auto path = [&](const std::string& name) { return (stack.folder() / name).string(); };

  stack.must({"cp", path("tree"), "one:/tmp"});
  CHECK(inside(stack, "cd /tmp/tree; stat -c '%n %a %u %F %s' inner/file script; readlink link") ==
        "inner/file 644 0 regular file 200000\nscript 755 0 regular file 10\ninner/file\n");
  stack.must({"cp", path("tree/."), "one:/srv"});
  CHECK(inside(stack, "ls /srv") == "inner\nlink\nscript\n");
  stack.must({"cp", path("tree/script"), "one:/tmp/renamed"});
  CHECK(inside(stack, "cat /tmp/renamed") == "#!/bin/sh\n");
  stack.must({"cp", "-L", path("tree/link"), "one:/tmp"});
  CHECK(inside(stack, "stat -c '%F %s' /tmp/link") == "regular file 200000\n");

  stack.must({"cp", "one:/tmp/tree", path("back")});
  CHECK(text_of(stack.folder() / "back/inner/file") == std::string(200'000, 'x'));
  CHECK(fs::read_symlink(stack.folder() / "back/link") == "inner/file");
  CHECK(fs::status(stack.folder() / "back/script").permissions() == fs::perms(0755));
  stack.must({"cp", "one:/tmp/tree/.", path("tree")});
  stack.must({"cp", "one:/tmp/tree", path("back")});
  CHECK(text_of(stack.folder() / "back/tree/script") == "#!/bin/sh\n");
  stack.must({"cp", "one:/tmp/renamed", path("back")});
  CHECK(text_of(stack.folder() / "back/renamed") == "#!/bin/sh\n");
  stack.must({"cp", "one:/etc/os-release", path("release")});
  // Podman follows the links of the container's path.
  CHECK(fs::is_symlink(stack.folder() / "release") == !client.is_podman());
  REQUIRE(::mkfifo(path("pipe").c_str(), 0600) == 0);
  CHECK(stack.run({"cp", "one:/tmp/renamed", path("pipe")}).exit_code == 2);
  CHECK(fs::is_fifo(stack.folder() / "pipe"));
  stack.must({"cp", "-L", "one:/etc/os-release", path("followed")});
  CHECK(contains(text_of(stack.folder() / "followed"), "Debian"));
}

TEST_CASE("cp speaks tar on its standard streams") {
  const auto client = real_engine();
  const Stack stack(client, "cp-tar");
  stack.write(shell_stack);
  stack.must({"up"});
  inside(stack, "mkdir /tmp/a /tmp/b; echo text >/tmp/a/file");
  const auto tar = stack.must({"cp", "one:/tmp/a", "-"});
  ProcessOptions options;
  options.input = tar.out;
  const auto put = run_process(command_of(stack.arguments({"cp", "-", "one:/tmp/b"})), options, {});
  REQUIRE(put);
  INFO(put->standard_error);
  CHECK(put->exit_code == 0);
  CHECK(inside(stack, "cat /tmp/b/a/file") == "text\n");
  CHECK(stack.run({"cp", "-", "one:/tmp/b/a/file"}).exit_code == 2);
}

TEST_CASE("cp refuses what makes no sense and leaves everything as it was") {
  const auto client = real_engine();
  const Stack stack(client, "cp-bad");
  stack.write(shell_stack);
  stack.must({"up"});
  const auto path = [&](const std::string& name) { return (stack.folder() / name).string(); };
  write_file(stack.folder() / "file", "old");
  inside(stack, "mkdir -p /tmp/d; ln -s /etc /tmp/d/out");
  CHECK(stack.run({"cp", path("file"), path("other")}).exit_code == 2);
  CHECK(stack.run({"cp", "one:/tmp", "one:/srv"}).exit_code == 2);
  CHECK(stack.run({"cp", "one:/tmp/d", path("file")}).exit_code == 2);
  CHECK(stack.run({"cp", "one:/etc/passwd", path("none/")}).exit_code == 2);
  CHECK(contains(stack.run({"cp", "one:/no/such", path("x")}).err, "there is no /no/such"));
  CHECK(contains(stack.run({"cp", path("nothing"), "one:/tmp"}).err, "does not exist"));
  CHECK(text_of(stack.folder() / "file") == "old");

  // A link of ours in the way is not followed: what the container says must not decide where on this machine it lands.
  fs::create_directories(stack.folder() / "elsewhere");
  fs::create_directories(stack.folder() / "target/d");
  fs::remove(stack.folder() / "target/d");
  fs::create_directory_symlink(stack.folder() / "elsewhere", stack.folder() / "target/d");
  const auto through = stack.run({"cp", "one:/tmp/d", path("target")});
  CHECK(through.exit_code == 1);
  CHECK(contains(through.err, "links are not followed"));
  CHECK(fs::is_empty(stack.folder() / "elsewhere"));
}

}  // namespace saasctl::cp_test
