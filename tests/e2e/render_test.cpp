// Files made from the bundled stack file. No engine is asked.
#include <fstream>

#include "local_server.hpp"
#include "paths.hpp"
#include "temporary_folder.hpp"
#include "tool.hpp"

namespace saasctl::render_test {

using namespace saasctl::test;

namespace {

// A copy of what rendering reads and writes.
class Copy {
 public:
  Copy() {
    for (const auto* entry : {"stack.yaml", "docker-compose.yml", "docker-compose.microservices.yml", ".dockerignore",
                              ".env.docker.example", "templates", "services", "infra"}) {
      std::filesystem::copy(std::filesystem::path(SAASCTL_SOURCE_DIR) / entry, folder_.path() / entry,
                            std::filesystem::copy_options::recursive);
    }
  }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::string text(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  void replace(const std::string& name, const std::string& from, const std::string& to) const {
    auto changed = text(name);
    const auto at = changed.find(from);
    REQUIRE(at != std::string::npos);
    write(name, changed.replace(at, from.size(), to));
  }
  Outcome render(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"-f", path("stack.yaml").string(), "render"});
    return run_tool(options, {{"DOCKER_HOST", "unix:///nonexistent/docker.sock"}});
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("the committed files are what stack.yaml renders") {
  const auto outcome = run_tool({"-f", SAASCTL_SOURCE_DIR "/stack.yaml", "render", "--check"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.empty());
}

TEST_CASE("one changed line of stack.yaml is drift: exit code 4 and a unified diff, and render mends it") {
  const Copy copy;
  copy.replace("stack.yaml", "PROMETHEUS_PUBLISH:-9090", "PROMETHEUS_PUBLISH:-9191");
  const auto before = copy.text("docker-compose.yml");
  const auto drift = copy.render({"--check"});
  INFO(drift.out << drift.err);
  CHECK(drift.exit_code == 4);
  CHECK(contains(drift.out, "--- a/docker-compose.yml\n+++ b/docker-compose.yml\n@@ "));
  CHECK(contains(
      drift.out,
      "\n-      - 127.0.0.1:${PROMETHEUS_PUBLISH:-9090}:9090\n+      - 127.0.0.1:${PROMETHEUS_PUBLISH:-9191}:9090\n"));
  CHECK(contains(drift.err, "saasctl render"));
  CHECK(copy.text("docker-compose.yml") == before);

  CHECK(copy.render().exit_code == 0);
  CHECK(copy.render({"--check"}).exit_code == 0);
  CHECK(contains(copy.text("docker-compose.yml"), "9191"));
}

TEST_CASE("a file that is gone is drift too") {
  const Copy copy;
  std::filesystem::remove(copy.path("docker-compose.microservices.yml"));
  const auto drift = copy.render({"--check"});
  CHECK(drift.exit_code == 4);
  CHECK(contains(drift.out, "--- /dev/null\n+++ b/docker-compose.microservices.yml\n"));
}

TEST_CASE("a file made by hand is not overwritten without --force, and then nothing is written") {
  const Copy copy;
  copy.write("docker-compose.yml", "services: {mine: {image: mine}}\n");
  std::filesystem::remove(copy.path(".env.docker.example"));
  const auto refused = copy.render();
  INFO(refused.err);
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "docker-compose.yml"));
  CHECK(contains(refused.err, "--force"));
  CHECK(copy.text("docker-compose.yml") == "services: {mine: {image: mine}}\n");
  CHECK_FALSE(std::filesystem::exists(copy.path(".env.docker.example")));

  CHECK(copy.render({"--force"}).exit_code == 0);
  CHECK(copy.render({"--check"}).exit_code == 0);
}

TEST_CASE("one file is printed, and a mistyped name is put right") {
  const Copy copy;
  const auto one = copy.render({"--stdout", "docker-compose.yml"});
  CHECK(one.exit_code == 0);
  CHECK(one.out == copy.text("docker-compose.yml"));
  const auto mistyped = copy.render({"--stdout", "docker-compse.yml"});
  CHECK(mistyped.exit_code == 2);
  CHECK(contains(mistyped.err, "did you mean 'docker-compose.yml'?"));
}

TEST_CASE("rendered twice, every byte is the same") {
  const Copy copy;
  CHECK(copy.render().exit_code == 0);
  const auto again = copy.render();
  CHECK(again.exit_code == 0);
  CHECK(contains(again.err, "0 of "));
}

}  // namespace saasctl::render_test
