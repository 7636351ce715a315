// Files that the user names and that are pipes, devices, folders or links; secrets that are made. No engine is asked.
#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "temporary_folder.hpp"
#include "tool.hpp"
#include "util/file.hpp"

namespace saasctl::user_files_test {

using namespace saasctl::test;
namespace fs = std::filesystem;

namespace {

class Place {
 public:
  void write(const std::string& name, const std::string& text) const {
    REQUIRE(write_file_atomic(folder_.path() / name, text));
  }
  fs::path path(const std::string& name = "") const { return folder_.path() / name; }

  // A shell runs the script in the folder; "$T" is the tool.
  Outcome script(const std::string& text) const {
    const auto words =
        std::vector<std::string>{"sh", "-c", "cd " + path().string() + "; T=" + SAASCTL_PROGRAM + "; " + text};
    const Variables variables{{"DOCKER_HOST", "unix:///nonexistent/docker.sock"}};
    const auto result = run_process(words, {.environment = variables, .timeout = std::chrono::minutes(1)}, {});
    if (!result) FAIL(result.error().message);
    return {result->exit_code, result->standard_output, result->standard_error};
  }

  std::string mode(const std::string& name) const {
    struct stat status {};
    REQUIRE(::stat(path(name).c_str(), &status) == 0);
    return fmt::format("{:04o}", status.st_mode & 07777U);
  }

 private:
  TemporaryFolder folder_;
};

const std::string one_service = "name: x\nservices: {web: {image: i, environment: {A: \"${A:-none}\"}}}\n";
const std::string with_secrets =
    "services: {web: {image: i, secrets: [a, b]}}\nsecrets: {a: {file: s/deep/a}, b: {file: s/b}}\n";

}  // namespace

TEST_CASE("user files: /dev/stdin and /dev/null are read wherever docker compose reads them") {
  const Place place;
  place.write("stack.yaml", one_service);
  place.write(".env", "A=dot\n");
  const std::pair<std::string, std::string> all[] = {
      {"$T config", "A: dot"},
      {"$T --env-file /dev/null config", "A: none"},
      {"echo A=piped | $T --env-file /dev/stdin config", "A: piped"},
      {"echo A=piped > v; $T --env-file /dev/stdin config < v", "A: piped"},
      {"$T -f stack.yaml -f /dev/null config", "A: dot"},
      {"cat stack.yaml | $T -f /dev/stdin config", "A: none"},
      {"$T -f /dev/stdin config < stack.yaml", "A: none"},
      {"mkfifo p; cat stack.yaml > p & $T -f p config", "A: dot"},
  };
  for (const auto& [script, expected] : all) {
    const auto outcome = place.script(script);
    INFO(script << ": " << outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK(contains(outcome.out, expected));
  }
}

TEST_CASE("user files: a signal ends the wait for a pipe, with its exit code") {
  const Place place;
  place.write("stack.yaml", "services: {web: {image: i, env_file: pipe}}\n");
  REQUIRE(::mkfifo(place.path("pipe").c_str(), 0600) == 0);
  const std::vector<std::vector<std::string>> all{
      {"-f", place.path("stack.yaml"), "config"},
      {"-f", place.path("pipe"), "config"},
      {"-f", place.path("stack.yaml"), "--env-file", place.path("pipe"), "secrets", "init"}};
  for (const auto& arguments : all) {
    for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
      INFO(arguments.at(1) << " " << signal);
      RunningTool tool(arguments, {});
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      const auto start = std::chrono::steady_clock::now();
      tool.send(signal);
      CHECK(tool.wait() == code);
      CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    }
  }
}

TEST_CASE("user files: control characters of names reach nobody's terminal") {
  const Place place;
  for (const std::string script :
       {"$T -f \"$(printf '\\033]0;pwn\\007\\nerror: forged.yaml')\" config",
        "printf 'a: [\\n' > \"$(printf 'x\\033[31m.yaml')\"; $T -f \"$(printf 'x\\033[31m.yaml')\" config",
        "printf 'services: {a: {image: x}}' > s.yaml; DOCKER_HOST=\"$(printf 'unix:///\\033]0;pwn\\007')\" $T -f "
        "s.yaml ps"}) {
    const auto outcome = place.script(script);
    INFO(outcome.err);
    CHECK(outcome.exit_code != 0);
    CHECK(contains(outcome.err, "\\x1b"));
    CHECK_FALSE(contains(outcome.err, "\x1b"));
    CHECK_FALSE(contains(outcome.err, "\x07"));
    CHECK_FALSE(contains(outcome.err, "\nerror: forged"));
  }
}

TEST_CASE("user files: render writes and reads nothing outside of the project") {
  const Place place;
  place.write("p/stack.yaml", "services: {a: {template: t}}\n");
  place.write("p/templates/t/template.yaml", "files: {Dockerfile: D.m}\n");
  place.write("p/templates/t/D.m", "FROM scratch\n");
  place.write("out/private", "private\n");
  fs::create_directory(place.path("p/services"));
  fs::create_symlink("../../out", place.path("p/services/a"));
  auto outcome = place.script("cd p; $T render");
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "services/a/Dockerfile would be written outside of the project"));
  CHECK_FALSE(fs::exists(place.path("out/Dockerfile")));
  fs::remove(place.path("p/services/a"));
  fs::create_directory(place.path("p/services/a"));
  fs::create_symlink("../../../out/private", place.path("p/services/a/Dockerfile"));
  for (const std::string options : {"", "--check", "--force"}) {
    outcome = place.script("cd p; $T render " + options);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 1);
    CHECK(contains(outcome.err, "services/a/Dockerfile is a link that leads out of the project"));
    CHECK_FALSE(contains(outcome.out, "private"));
  }
  CHECK(read_file(place.path("out/private")) == "private\n");
}

TEST_CASE("user files: secrets init makes private folders whatever the umask") {
  for (const std::string mask : {"000", "022", "777"}) {
    INFO(mask);
    const Place place;
    place.write("stack.yaml", with_secrets);
    const auto outcome = place.script("umask " + mask + "; $T secrets init --mode 0444");
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    CHECK(place.mode("s") == "0700");
    CHECK(place.mode("s/deep") == "0700");
    CHECK(place.mode("s/deep/a") == "0444");
    CHECK_FALSE(contains(outcome.err, "warning"));
  }
}

TEST_CASE("user files: secrets init closes the empty folder of a failed try, and warns of one that is open") {
  const Place place;
  place.write("stack.yaml", with_secrets);
  fs::permissions(place.path(), fs::perms(0755));
  CHECK(place.script("umask 022; mkdir -p s/deep; $T secrets init --mode 0444").exit_code == 0);
  CHECK(place.mode("s/deep") == "0700");
  CHECK(place.mode("s") == "0755");  // it was not empty
  const auto again = place.script("$T secrets init");
  CHECK(contains(again.err, "warning: every user of this machine can read s/b; chmod 700 s prevents it"));
  CHECK_FALSE(contains(again.err, "s/deep/a;"));
  CHECK_FALSE(contains(place.script("chmod 700 s; $T secrets init").err, "warning"));
}

TEST_CASE("user files: several secrets init at once make every secret once") {
  const Place place;
  place.write("stack.yaml", with_secrets);
  const auto outcome = place.script(
      "for i in 1 2 3 4 5 6 7 8; do $T secrets init 2>&1 & done | grep -c '^new ' ; cat s/b; echo; $T secrets init; "
      "cat s/b");
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.out.starts_with("2\n"));
  CHECK(outcome.out.size() == 2 + 43 + 1 + 43);
  CHECK(outcome.out.substr(2, 43) == outcome.out.substr(2 + 44));
}

TEST_CASE("user files: a secret that is a folder or a link to nothing is said to be that") {
  const Place place;
  place.write("stack.yaml", with_secrets);
  fs::create_directories(place.path("s/b"));
  auto outcome = place.script("$T secrets init");
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "secret 'b': s/b is a folder, not a file"));
  fs::remove(place.path("s/b"));
  fs::create_symlink("nowhere", place.path("s/b"));
  outcome = place.script("$T secrets init");
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err, "secret 'b': s/b is a link to nothing"));
}

TEST_CASE("user files: the current folder may be gone") {
  const Place place;
  place.write("stack.yaml", with_secrets);
  for (const std::string verb : {"secrets init", "config", "render --check", "secrets init"}) {
    const auto outcome =
        place.script("mkdir gone; cd gone; rmdir ../gone; $T -f " + place.path("stack.yaml").string() + " " + verb);
    INFO(verb << ": " << outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK_FALSE(contains(outcome.err, "fault of saasctl"));
  }
  CHECK(fs::exists(place.path("s/b")));
}

}  // namespace saasctl::user_files_test
