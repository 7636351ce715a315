// What services need of one another and of the machine: `up` brings it, or says in one line what is missing.
#include "services.hpp"
#include "stack.hpp"

namespace saasctl::needs_test {

using namespace saasctl::test;

namespace {

// `up` ends with 1 and says all of this.
void fails_saying(const Stack& stack, const std::vector<std::string>& parts) {
  const auto outcome = stack.run({"up"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  for (const auto& part : parts) {
    INFO(part);
    CHECK(contains(outcome.err, part));
  }
}

}  // namespace

TEST_CASE("a service that ends again and again is not ready") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + service("loop", image.text(), "[fail, '4']", "    restart: always\n"));
  fails_saying(stack, {"loop exited with code 4", "the reason why"});
}

TEST_CASE("a service that dies while others come up is a failure, though it was ready") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + service("brief", image.text(), "[end, '1']") +
              sleeper("slow", image.text(), "    ready: {exec: [/fixture, sleep, '3'], timeout: 5s}\n"));
  fails_saying(stack, {"brief exited with code 5, after it was ready"});
}

TEST_CASE("what cannot start is named, with its exit code and what to do") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + service("typo", image.text(), "[x]", "    entrypoint: [/no/such]\n"));
  fails_saying(stack, {"typo cannot start: its command was not found (exit code 127)", "check command and entrypoint"});
}

TEST_CASE("a config whose file is missing is an error, and no folder takes its place") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("web", image.text(), "    configs: [{source: c, target: /c}]\n") +
              "configs: {c: {file: ./missing.conf}}\n");
  fails_saying(stack, {"missing.conf"});
  CHECK_FALSE(std::filesystem::exists(stack.folder() / "missing.conf"));
}

TEST_CASE("secrets stand where they are asked for, and hide nothing else") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write(
      "services:\n" +
      sleeper("web", image.text(),
              "    secrets: [key, {source: key, target: /run/secrets/deep/key, uid: \"7\"}, {source: key, target: "
              "/beside, mode: 0440}]\n") +
      "secrets: {key: {file: secrets/key}}\n");
  stack.must({"secrets", "init"});
  stack.must({"up"});
  const auto size = stack.said_in("web", {"/fixture", "size", "/run/secrets/key"});
  CHECK(size != "0 bytes\n");
  CHECK(stack.said_in("web", {"/fixture", "size", "/run/secrets/deep/key"}) == size);
  CHECK(stack.said_in("web", {"/fixture", "owner", "/run/secrets/deep/key"}) == "7:0 400\n");
  CHECK(stack.said_in("web", {"/fixture", "owner", "/beside"}) == "0:0 440\n");
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
}

TEST_CASE("a service that the stack can do without does not stop it") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + service("extra", image.text(), "[fail, '9']") +
              sleeper("web", image.text(),
                      "    depends_on: {extra: {condition: service_completed_successfully, required: false}}\n"));
  const auto outcome = stack.run({"up"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(contains(outcome.err, "going on without it"));
  CHECK(stack.container("web").state.running);
}

TEST_CASE("a container that lives in the network of another gets a new one with it") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("db", image.text()) +
              sleeper("side", image.text(), "    network_mode: service:db\n"));
  stack.must({"up"});
  REQUIRE(engine::remove_container(client, stack.container("db").id, {.force = true, .volumes = true}, {}));
  CHECK(contains(stack.must({"plan"}).out, "side: recreate: db has a new container"));
  stack.must({"up"});
  CHECK(stack.container("side").host_config["NetworkMode"] == "container:" + stack.container("db").id);
  stack.must({"up", "--force-recreate", "--no-deps", "db"});
  stack.must({"up"});
  CHECK(stack.container("side").host_config["NetworkMode"] == "container:" + stack.container("db").id);
  CHECK(contains(stack.must({"up"}).err, "nothing to change"));
}

TEST_CASE("a hook that fails after the start stops the service, and the next run tries again") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  const auto text = [&](const std::string& command) {
    return "services:\n" + sleeper("web", image.text(), "    post_start: [{command: [/fixture, " + command + "]}]\n");
  };
  stack.write(text("fail, '7'"));
  fails_saying(stack, {"web: post_start ended with exit code 7: the reason why; web was stopped again"});
  CHECK_FALSE(stack.container("web").state.running);
  stack.write(text("print, done"));
  stack.must({"up"});
  CHECK(stack.container("web").state.running);
}

TEST_CASE("a hook that fails before the stop does not keep the container") {
  const auto client = real_engine();
  const FixtureImage image(client);
  const Stack stack(client);
  stack.write("services:\n" + sleeper("web", image.text(), "    pre_stop: [{command: [/fixture, fail, '7']}]\n"));
  stack.must({"up"});
  const auto outcome = stack.must({"down"});
  CHECK(contains(outcome.err, "web: pre_stop ended with exit code 7"));
  CHECK(stack.containers().empty());
}

}  // namespace saasctl::needs_test
