// Images: built, pulled, or built because they cannot be pulled.
#include <thread>

#include "paths.hpp"
#include "stack.hpp"
#include "util/http.hpp"
#include "util/text.hpp"

namespace saasctl::images_test {

using namespace saasctl::test;
using namespace std::chrono_literals;

namespace {

// The fixture program and a Dockerfile in the folder of the stack.
void write_context(const Stack& stack, const std::string& steps) {
  std::filesystem::copy_file(SAASCTL_FIXTURE, stack.folder() / "fixture");
  write_file(stack.folder() / "Dockerfile", "FROM scratch\nCOPY fixture /fixture\nARG TEXT\n" + steps);
  write_file(stack.folder() / ".dockerignore", "*\n!fixture\n");
}

// A registry on a port of 127.0.0.1, without names or passwords.
class Registry {
 public:
  explicit Registry(const engine::Client& client)
      : client_(client), name_(client, "registry"), port_(std::to_string(free_port())) {
    constexpr auto image = "saasctl-test/registry:latest";
    const auto context = std::filesystem::path(SAASCTL_SOURCE_DIR) / "tests/registry";
    const auto built = build::build_image(client, {.tags = {image}, .context = context}, {}, {});
    if (!built) FAIL(built.error().message);
    const nlohmann::json binding = {{"HostIp", "127.0.0.1"}, {"HostPort", port_}};
    const nlohmann::json body = {{"Image", image}, {"HostConfig", {{"PortBindings", {{"5000/tcp", {binding}}}}}}};
    REQUIRE(engine::create_container(client, name_.text(), body, {}));
    REQUIRE(engine::start_container(client, name_.text(), {}));
    await();
  }

  std::string host() const { return "127.0.0.1:" + port_; }

  void push(const std::string& repository, const std::string& tag) const {
    const auto pushed = client_.send({.method = "POST",
                                      .path = engine::ApiPath("/images").image(repository) / "push",
                                      .query = {{"tag", tag}},
                                      .headers = {{"X-Registry-Auth", "e30="}}},
                                     {});
    REQUIRE(pushed);
    INFO(pushed->body);
    REQUIRE_FALSE(contains(pushed->body, "errorDetail"));
  }

  void stop() const { REQUIRE(engine::kill_container(client_, name_.text(), "SIGKILL", {})); }

 private:
  void await() const {
    const http::Client web;
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    for (;;) {
      const auto answer = web.send({.url = "http://" + host() + "/v2/"}, {});
      if (answer && answer->status == 200) return;
      if (std::chrono::steady_clock::now() > deadline) FAIL("the registry does not answer");
      std::this_thread::sleep_for(100ms);
    }
  }

  const engine::Client& client_;
  ContainerName name_;
  std::string port_;
};

}  // namespace

TEST_CASE("the output of the step that fails comes last") {
  const auto client = real_engine();
  const Stack stack(client);
  write_context(stack, "RUN [\"/fixture\", \"print\", \"earlier\"]\nRUN [\"/fixture\", \"fail\", \"7\"]\n");
  stack.write("services: {one: {build: {context: ., args: {TEXT: '" + stack.project() + "'}}}}\n");
  const auto outcome = stack.run({"build"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  const auto step = outcome.err.rfind(client.has_buildkit() ? "\n[" : "\nSTEP ");
  const auto reason = outcome.err.rfind("the reason why");
  const auto message = outcome.err.rfind("error: ");
  REQUIRE(step != std::string::npos);
  REQUIRE(reason != std::string::npos);
  REQUIRE(message != std::string::npos);
  CHECK(step < reason);
  CHECK(reason < message);
  CHECK(contains(outcome.err.substr(message), "ended with exit code 7"));
  CHECK_FALSE(contains(outcome.err.substr(step), "earlier"));
}

TEST_CASE("a step of many lines is shown as its first") {
  const auto client = real_engine();
  const Stack stack(client);
  write_context(stack, "RUN [\"/fixture\", \\\n     \"print\", \\\n     \"" + std::string(300, 'x') + "\"]\n");
  stack.write("services: {one: {build: {context: ., args: {TEXT: '" + stack.project() + "'}}}}\n");
  const auto outcome = stack.must({"build"});
  for (const auto& line : split(outcome.err, '\n')) {
    INFO(line);
    if (contains(line, "/fixture")) CHECK(line.size() < 160);
  }
}

TEST_CASE("a log of a build has what its steps wrote, how long they took and which were cached") {
  const auto client = real_engine();
  const Stack stack(client);
  write_context(stack, "RUN [\"/fixture\", \"print\", \"made\", \"it\"]\n");
  stack.write("services: {one: {build: {context: ., args: {TEXT: '" + stack.project() + "'}}}}\n");
  const auto first = stack.must({"build"});
  INFO(first.err);
  CHECK(contains(first.err, "made it"));
  if (!client.has_buildkit()) return;
  CHECK(contains(first.err, "[2/2] RUN "));
  CHECK(contains(first.err, "]: done in "));
  CHECK(contains(first.err, "-one | [2/2] made it\n"));
  CHECK(contains(stack.must({"build"}).err, "]: cached\n"));
}

TEST_CASE("a build secret comes from a variable of .env, and is shown nowhere") {
  const auto client = real_engine();
  const Stack stack(client);
  const std::string secret = "value-of-a-variable-" + std::to_string(::getpid());
  write_context(stack,
                "RUN --mount=type=secret,id=token,required=true [\"/fixture\", \"size\", \"/run/secrets/token\"]\n");
  write_file(stack.folder() / ".env", "TOKEN=" + secret + "\n");
  stack.write("services: {one: {build: {context: ., secrets: [token], args: {TEXT: '" + stack.project() +
              "'}}}}\nsecrets: {token: {environment: TOKEN}}\n");
  const auto built = stack.must({"build"});
  CHECK(contains(built.err, std::to_string(secret.size()) + " bytes"));
  CHECK_FALSE(contains(built.err, secret));
}

TEST_CASE("missing build secrets of all services are reported together before anything is built") {
  const auto client = real_engine();
  const Stack stack(client);
  write_context(stack, "");
  stack.write(
      "services:\n  one: {build: {context: ., secrets: [a]}}\n  two: {build: {context: ., secrets: [a, b]}}\n"
      "secrets:\n  a: {file: a.txt}\n  b: {environment: SAASCTL_TEST_NONE}\n");
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"build"}, {"up"}}) {
    const auto refused = stack.run(verb);
    INFO(refused.err);
    CHECK(refused.exit_code == 1);
    CHECK(contains(refused.err, "stack.yaml:5:7: error: the file of build secret 'a' is missing: "));
    CHECK(contains(refused.err, "needed to build one, two"));
    CHECK(contains(refused.err, "stack.yaml:6:7: error: build secret 'b' comes from the variable SAASCTL_TEST_NONE"));
    CHECK_FALSE(contains(refused.err, "building"));
  }
}

TEST_CASE("a base is built before what stands on it, and again when it has changed") {
  const auto client = real_engine();
  const Stack stack(client);
  write_context(stack, "");
  const auto base = stack.project() + "-base";
  write_file(stack.folder() / "Base", "FROM scratch\nCOPY fixture /fixture\nLABEL made=1\n");
  write_file(stack.folder() / "App", "ARG BASE\nFROM $BASE\nRUN [\"/fixture\", \"print\", \"on top\"]\n");
  stack.write("services:\n  app: {build: {context: ., dockerfile: App, args: {BASE: " + base +
              "}}}\n  base: {build: {context: ., dockerfile: Base}}\n");
  INFO(stack.must({"build"}).err);
  const auto label = [&] {
    return engine::inspect_image(client, stack.project() + "-app:latest", {}).value().labels.at("made");
  };
  CHECK(label() == "1");
  write_file(stack.folder() / "Base", "FROM scratch\nCOPY fixture /fixture\nLABEL made=2\n");
  stack.must({"build", "app"});
  CHECK(label() == "2");

  write_file(stack.folder() / "Base", "FROM " + stack.project() + "-app\n");
  const auto circle = stack.run({"build"});
  CHECK(circle.exit_code == 2);
  CHECK(contains(circle.err, "in a circle: "));
}

TEST_CASE("a service that only uses an image waits for the one that builds it") {
  const auto client = real_engine();
  const Stack stack(client);
  write_context(stack, "LABEL made=here\nENTRYPOINT [\"/fixture\", \"sleep\", \"60\"]\n");
  const auto image = "127.0.0.1:1/" + stack.project() + ":1";
  stack.write("services:\n  a-worker: {image: '" + image + "'}\n  b-app: {image: '" + image + "', build: .}\n");
  const auto up = stack.must({"up", "--no-start"});
  INFO(up.err);
  CHECK(engine::inspect_image(client, image, {}).value().labels.at("made") == "here");
  stack.must({"down"});
  REQUIRE(engine::remove_image(client, image, true, {}));
}

TEST_CASE("what only a builder refuses stops a service that must be built, and nothing else") {
  const auto client = real_engine();
  const Stack stack(client);
  const FixtureImage image(client);
  write_context(stack, "");
  stack.write("services:\n  other: {image: '" + image.text() +
              "', entrypoint: [/fixture, sleep, '60']}\n  two:\n    build: {context: ., platforms: [linux/amd64, "
              "linux/arm64]}\n");
  CHECK(contains(stack.must({"config"}).out, "linux/arm64"));
  stack.must({"up", "--no-start", "other"});
  stack.must({"ps"});
  const auto up = stack.run({"up"});
  CHECK(up.exit_code == 2);
  CHECK(contains(up.err, ":4:25: error: two cannot be built: platforms: an engine's image has one platform"));
  CHECK(stack.run({"build"}).exit_code == 2);
  stack.must({"down"});
}

TEST_CASE("a build argument has a name, an agent an id") {
  const auto client = real_engine();
  const Stack stack(client);
  stack.write("services: {one: {build: .}}\n");
  const auto nameless = stack.run({"build", "--build-arg", "=x"});
  CHECK(nameless.exit_code == 2);
  CHECK(contains(nameless.err, "--build-arg '=x' has no name"));
  CHECK(contains(stack.run({"build", "--ssh", "id"}).err, "--ssh 'id' has no path"));
}

TEST_CASE("a build secret is used and stays in no image, and a second build has nothing to do") {
  const auto client = real_engine();
  const Stack stack(client);
  const std::string secret = "a-secret-of-forty-three-bytes-" + std::to_string(::getpid());
  write_context(stack,
                "RUN --mount=type=secret,id=token,required=true [\"/fixture\", \"exists\", \"/run/secrets/token\"]\n");
  write_file(stack.folder() / "token", secret);
  stack.write("services: {one: {build: {context: ., secrets: [token], args: {TEXT: '" + stack.project() +
              "'}}}}\nsecrets: {token: {file: token}}\n");
  const auto first = stack.must({"build"});
  CHECK(contains(first.err, "built in"));
  CHECK_FALSE(contains(first.err, secret));

  const auto image = stack.project() + "-one:latest";
  for (const auto* view : {"json", "history", "get"}) {
    const auto told = client.send({.path = engine::ApiPath("/images").image(image) / view}, {});
    REQUIRE(told);
    CHECK_FALSE(contains(told->body, secret));
  }
  const auto id = engine::inspect_image(client, image, {}).value().id;
  const auto second = stack.must({"build"});
  CHECK(contains(second.err, "up to date"));
  CHECK_FALSE(contains(second.err, "built in"));
  CHECK(engine::inspect_image(client, image, {}).value().id == id);
}

TEST_CASE("an image with build is pulled while its registry has it, and built when the pull fails") {
  const auto client = real_engine();
  const Registry registry(client);
  const Stack stack(client);
  const auto repository = registry.host() + "/" + stack.project();
  const auto image = repository + ":1";
  {
    // The label of an image that was built with saasctl somewhere else makes it none of ours.
    const ImageName pushed(client, "pushed");
    const Context context("FROM scratch\nCOPY fixture /fixture\n");
    REQUIRE(build::build_image(
        client, {.tags = {pushed.text()}, .context = context.path(), .labels = {{"saasctl.built", "true"}}}, {}, {}));
    REQUIRE(engine::tag_image(client, pushed.text(), image, {}));
    registry.push(repository, "1");
    REQUIRE(engine::remove_image(client, image, false, {}));
  }
  REQUIRE_FALSE(engine::inspect_image(client, image, {}));
  write_context(stack, "LABEL made=here\n");
  stack.write("services: {one: {image: '" + image + "', build: .}}\n");

  const auto pulled = stack.must({"build"});
  INFO(pulled.err);
  CHECK(contains(pulled.err, "pulled"));
  CHECK_FALSE(engine::inspect_image(client, image, {}).value().labels.contains("made"));
  const auto again = stack.must({"build"});
  CHECK(contains(again.err, "is there"));
  CHECK_FALSE(contains(again.err, "built"));

  REQUIRE(engine::remove_image(client, image, true, {}));
  registry.stop();
  const auto built = stack.must({"build"});
  INFO(built.err);
  CHECK(contains(built.err, "building, because it cannot be pulled"));
  CHECK(engine::inspect_image(client, image, {}).value().labels.at("made") == "here");
  REQUIRE(engine::remove_image(client, image, true, {}));
}

}  // namespace saasctl::images_test
