#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "real_engine.hpp"
#include "util/file.hpp"
#include "util/process.hpp"

namespace saasctl::build_test {

using namespace saasctl::build;
using namespace std::chrono_literals;
using test::Context;
using test::ImageName;

namespace {

// Gathers the lines of all steps.
struct Lines {
  std::vector<std::string> text;
  ProgressSink sink() {
    return [this](const Progress& progress) {
      if (const auto* output = std::get_if<StepOutput>(&progress)) text.push_back(output->line);
    };
  }
  bool contain(const std::string& line) const { return std::ranges::find(text, line) != text.end(); }
};

// An SSH agent without keys: answers one request (SSH_AGENT_IDENTITIES_ANSWER, 12).
class FakeAgent {
 public:
  explicit FakeAgent(const std::filesystem::path& path) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 4) == 0);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~FakeAgent() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }
  std::string asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd entry{listener_, POLLIN, 0};
      if (::poll(&entry, 1, 20) <= 0) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      std::array<char, 100> buffer{};
      const auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
      {
        const std::scoped_lock lock(mutex_);
        if (count > 0) asked_.append(buffer.data(), static_cast<std::size_t>(count));
      }
      test::LocalServer::write(connection, std::string_view("\0\0\0\5\14\0\0\0\0", 9));
      test::LocalServer::hold(connection, stop);
      ::close(connection);
    }
  }

  int listener_;
  mutable std::mutex mutex_;
  std::string asked_;
  std::jthread thread_;
};

std::string message_of(const std::expected<BuildResult, BuildError>& result) {
  return result ? "no error" : result.error().message;
}

// A line that no earlier run can have cached.
std::string fresh() {
  return std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
}

}  // namespace

TEST_CASE("an image is built, told by its id, and cached the second time") {
  const auto client = test::real_engine();
  const ImageName image(client, "cached");
  const Context context(
      "FROM scratch\nCOPY fixture /fixture\nARG TEXT\nRUN [\"/fixture\", \"print\", \"made it\"]\n"
      "LABEL from=dockerfile\nENTRYPOINT [\"/fixture\"]\n");
  BuildRequest request{
      .tags = {image.text()}, .context = context.path(), .args = {{"TEXT", fresh()}}, .labels = {{"asked", "for"}}};
  Lines lines;
  const auto first = build_image(client, request, lines.sink(), {});
  INFO(message_of(first));
  REQUIRE(first);
  CHECK_FALSE(first->cached_everything);
  CHECK(lines.contain("made it"));

  const auto inspected = engine::inspect_image(client, image.text(), {});
  REQUIRE(inspected);
  CHECK(inspected->id == first->image_id);
  CHECK(inspected->labels.at("asked") == "for");
  CHECK(inspected->labels.at("from") == "dockerfile");

  const auto second = build_image(client, request, {}, {});
  REQUIRE(second);
  CHECK(second->cached_everything);
  CHECK(second->image_id == first->image_id);
}

TEST_CASE("a failing step is reported with its own last output and exit code") {
  const auto client = test::real_engine();
  const ImageName image(client, "failing");
  const Context context("FROM scratch\nCOPY fixture /fixture\nARG TEXT\nRUN [\"/fixture\", \"fail\", \"7\"]\n");
  const auto result =
      build_image(client, {.tags = {image.text()}, .context = context.path(), .args = {{"TEXT", fresh()}}}, {}, {});
  REQUIRE_FALSE(result);
  const auto& error = result.error();
  CHECK(error.kind == ErrorKind::failed);
  REQUIRE(error.failure);
  CHECK(error.failure->exit_code == 7);
  CHECK(error.failure->step.find("fail") != std::string::npos);
  CHECK(std::ranges::find(error.failure->lines, "the reason why") != error.failure->lines.end());
  CHECK(error.message.find(" ended with exit code 7") != std::string::npos);
}

TEST_CASE("an error of the Dockerfile is reported with its line") {
  const auto client = test::real_engine();
  const Context context("FROM scratch\nCOPY fixture /fixture\nBOGUS instruction\n");
  const auto result = build_image(client, {.tags = {}, .context = context.path()}, {}, {});
  REQUIRE_FALSE(result);
  REQUIRE(result.error().failure);
  INFO(result.error().message);
  CHECK(result.error().failure->line == 3);
  CHECK(result.error().message.find("Dockerfile:3") != std::string::npos);
  CHECK(std::ranges::find(result.error().failure->excerpt, ">> 3 | BOGUS instruction") !=
        result.error().failure->excerpt.end());
}

TEST_CASE("failing steps of each kind are reported with their line of the Dockerfile") {
  const auto client = test::real_engine();
  const struct {
    std::string dockerfile;
    int line;
  } cases[] = {
      {"FROM scratch\nCOPY fixture /fixture\n\n# why\nRUN [\"/fixture\", \\\n  \"fail\", \"7\"]\n", 5},
      {"FROM scratch\nCOPY fixture /fixture\nCOPY missing /x\n", 3},
      {"ARG A=127.0.0.1:1/x\nFROM scratch AS one\n\nFROM $A\nCOPY --from=one / /\n", 4},
  };
  for (const auto& [dockerfile, line] : cases) {
    const Context context(dockerfile);
    const auto result = build_image(client, {.tags = {}, .context = context.path()}, {}, {});
    REQUIRE_FALSE(result);
    REQUIRE(result.error().failure);
    INFO(result.error().message);
    CHECK(result.error().failure->line == line);
    CHECK(result.error().message.find("buildkit-mount") == std::string::npos);
  }
}

TEST_CASE("the Dockerfile's name may be in lower case") {
  const auto client = test::real_engine();
  const ImageName image(client, "lower-case");
  const Context context("FROM scratch\nCOPY fixture /fixture\n");
  std::filesystem::rename(context.path() / "Dockerfile", context.path() / "dockerfile");
  const auto result = build_image(client, {.tags = {image.text()}, .context = context.path()}, {}, {});
  INFO(message_of(result));
  CHECK(result);
}

TEST_CASE("an ignore file of 400 kB is understood") {
  const auto client = test::real_engine();
  const ImageName image(client, "large-ignore");
  const Context context("FROM scratch\nCOPY fixture kept* /\n");
  std::string patterns;
  for (int i = 0; i < 8000; ++i) patterns += "some/folder/of/the/context/with-a-file-" + std::to_string(i) + ".txt\n";
  test::write_file(context.path() / ".dockerignore", patterns + "kept.not\n");
  const auto result = build_image(client, {.tags = {image.text()}, .context = context.path()}, {}, {});
  INFO(message_of(result));
  CHECK(result);
}

TEST_CASE("an archive at a URL is a context that the builder fetches") {
  const auto client = test::real_engine();
  const ImageName image(client, "remote");
  const TemporaryFolder folder;
  std::filesystem::copy_file(SAASCTL_FIXTURE, folder.path() / "fixture");
  test::write_file(folder.path() / "sub/Other",
                   "FROM scratch\nCOPY fixture /\nRUN [\"/fixture\", \"print\", \"fetched\"]\n");
  const auto command = [&](const std::vector<std::string>& words) {
    const auto done = run_process(words, {}, {});
    REQUIRE(done);
    INFO(done->standard_error);
    REQUIRE(done->exit_code == 0);
  };
  const auto at = folder.path().string();
  command({"tar", "-C", at, "-czf", at + "/context.tar.gz", "fixture", "sub"});
  const auto archive = read_file(folder.path() / "context.tar.gz");
  REQUIRE(archive);
  const test::LocalServer server([&](int connection, const std::string&, std::stop_token) {
    test::LocalServer::write(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/x-gzip\r\nContent-Length: " +
                                             std::to_string(archive->size()) + "\r\nConnection: close\r\n\r\n" +
                                             *archive);
  });
  Lines lines;
  const auto result = build_image(
      client,
      {.tags = {image.text()}, .remote = server.url("/context.tar.gz"), .dockerfile = "sub/Other", .no_cache = true},
      lines.sink(), {});
  INFO(message_of(result));
  REQUIRE(result);
  CHECK(lines.contain("fetched"));
}

TEST_CASE("build secrets reach the step and nothing else") {
  const auto client = test::real_engine();
  const ImageName image(client, "secret");
  const Context context(
      "FROM scratch\nCOPY fixture /fixture\nARG TEXT\n"
      "RUN --mount=type=secret,id=token,required=true [\"/fixture\", \"size\", \"/run/secrets/token\"]\n");
  const auto secret = context.path().parent_path() / test::unique_name("secret-file");
  test::write_file(secret, "do not tell");
  BuildRequest request{.tags = {image.text()},
                       .context = context.path(),
                       .args = {{"TEXT", fresh()}},
                       .secrets = {{"token", {.file = secret}}}};
  Lines lines;
  const auto result = build_image(client, request, lines.sink(), {});
  std::filesystem::remove(secret);
  INFO(message_of(result));
  REQUIRE(result);
  CHECK(lines.contain("11 bytes"));

  const auto missing = build_image(client, request, {}, {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::not_found);
  CHECK(missing.error().message.find("the file of build secret 'token' is missing") != std::string::npos);

  request.secrets["token"].required = false;
  request.args["TEXT"] = fresh();
  const auto unanswered = build_image(client, request, {}, {});
  REQUIRE_FALSE(unanswered);
  INFO(unanswered.error().message);
  CHECK(unanswered.error().message.find("token") != std::string::npos);
}

TEST_CASE("the bytes of a secret reach the step as a file does") {
  const auto client = test::real_engine();
  const ImageName image(client, "secret-bytes");
  const Context context(
      "FROM scratch\nCOPY fixture /fixture\nARG TEXT\n"
      "RUN --mount=type=secret,id=token,required=true [\"/fixture\", \"size\", \"/run/secrets/token\"]\n");
  Lines lines;
  const auto result = build_image(client,
                                  {.tags = {image.text()},
                                   .context = context.path(),
                                   .args = {{"TEXT", fresh()}},
                                   .secrets = {{"token", {.content = "twelve bytes"}}}},
                                  lines.sink(), {});
  INFO(message_of(result));
  REQUIRE(result);
  CHECK(lines.contain("12 bytes"));
  const auto folder = build_image(
      client, {.tags = {}, .context = context.path(), .secrets = {{"token", {.file = context.path()}}}}, {}, {});
  CHECK(folder.error().message == "build secret 'token' is a folder: " + context.path().string());
}

TEST_CASE("several hosts are known to the steps") {
  const auto client = test::real_engine();
  const ImageName image(client, "hosts");
  const Context context(
      "FROM scratch\nCOPY fixture /fixture\nARG TEXT\nRUN [\"/fixture\", \"show\", \"/etc/hosts\"]\n");
  Lines lines;
  const auto result = build_image(client,
                                  {.tags = {image.text()},
                                   .context = context.path(),
                                   .args = {{"TEXT", fresh()}},
                                   .extra_hosts = {"one:1.2.3.4", "two:5.6.7.8"}},
                                  lines.sink(), {});
  INFO(message_of(result));
  REQUIRE(result);
  CHECK(lines.contain("1.2.3.4\tone"));
  CHECK(lines.contain("5.6.7.8\ttwo"));
}

TEST_CASE("hard links of the context are links in the image") {
  const auto client = test::real_engine();
  const ImageName image(client, "hard-links");
  const Context context("FROM scratch\nCOPY . /ctx/\nARG TEXT\nRUN [\"/ctx/fixture\", \"links\", \"/ctx/one\"]\n");
  test::write_file(context.path() / "one", "x");
  std::filesystem::create_hard_link(context.path() / "one", context.path() / "two");
  Lines lines;
  const auto result = build_image(
      client, {.tags = {image.text()}, .context = context.path(), .args = {{"TEXT", fresh()}}}, lines.sink(), {});
  INFO(message_of(result));
  REQUIRE(result);
  CHECK(lines.contain("2 links"));
}

TEST_CASE("a step talks to the SSH agent that is given, and can only list keys and sign") {
  const auto client = test::real_engine();
  const ImageName image(client, "ssh");
  const TemporaryFolder folder;
  const FakeAgent agent(folder.path() / "agent");
  const Context context(
      "FROM scratch\nCOPY fixture /fixture\nARG TEXT\n"
      "RUN --mount=type=ssh,id=mine,required=true,target=/agent [\"/fixture\", \"agent\", \"/agent\"]\n");
  BuildRequest request{.tags = {image.text()},
                       .context = context.path(),
                       .args = {{"TEXT", fresh()}},
                       .ssh = {{"mine", folder.path() / "agent"}}};
  Lines lines;
  const auto result = build_image(client, request, lines.sink(), {});
  INFO(message_of(result));
  REQUIRE(result);
  CHECK(lines.contain("removing all: 5, listing: 12"));
  CHECK(agent.asked() == std::string("\0\0\0\1\13", 5));

  request.ssh = {{"other", folder.path() / "agent"}};
  request.args["TEXT"] = fresh();
  const auto missing = build_image(client, request, {}, {});
  REQUIRE_FALSE(missing);
  INFO(missing.error().message);
  CHECK(missing.error().message.find("mine") != std::string::npos);
  request.ssh = {{"mine", folder.path() / "none"}};
  CHECK(build_image(client, request, {}, {}).error().kind == ErrorKind::not_found);
}

TEST_CASE("a secret that is not required and not there leaves the step to decide") {
  const auto client = test::real_engine();
  const ImageName image(client, "optional");
  const Context context(
      "FROM scratch\nCOPY fixture /fixture\nARG TEXT\n"
      "RUN --mount=type=secret,id=token [\"/fixture\", \"print\", \"went on\"]\n");
  Lines lines;
  const auto result = build_image(client,
                                  {.tags = {image.text()},
                                   .context = context.path(),
                                   .args = {{"TEXT", fresh()}},
                                   .secrets = {{"token", {.file = "/nonexistent/token", .required = false}}}},
                                  lines.sink(), {});
  INFO(message_of(result));
  REQUIRE(result);
  CHECK(lines.contain("went on"));
}

TEST_CASE("ignored files are not in the image, exceptions, links and modes are") {
  const auto client = test::real_engine();
  const ImageName image(client, "ignore");
  const Context context(
      "FROM scratch\nCOPY . /\n"
      "RUN [\"/fixture\", \"exists\", \"/keep/yes.txt\"]\n"
      "RUN [\"/fixture\", \"exists\", \"/drop/but/this.txt\"]\n"
      "RUN [\"/fixture\", \"size\", \"/link.txt\"]\n"
      "RUN [\"/fixture\", \"exists\", \"/drop/no.txt\"]\n");
  test::write_file(context.path() / ".dockerignore", "# comment\n*.log\ndrop/**\n!drop/but/this.txt\n");
  test::write_file(context.path() / "keep/yes.txt", "12345");
  test::write_file(context.path() / "drop/no.txt", "x");
  test::write_file(context.path() / "drop/but/this.txt", "x");
  std::filesystem::create_symlink("keep/yes.txt", context.path() / "link.txt");
  Lines lines;
  const auto result = build_image(client, {.tags = {image.text()}, .context = context.path()}, lines.sink(), {});
  REQUIRE_FALSE(result);
  REQUIRE(result.error().failure);
  CHECK(result.error().failure->exit_code == 1);
  CHECK(result.error().failure->step.find("/drop/no.txt") != std::string::npos);
}

TEST_CASE("the Dockerfile may lie outside of the context and be ignored by it") {
  const auto client = test::real_engine();
  const ImageName image(client, "outside");
  const Context context("FROM scratch\n");
  const TemporaryFolder elsewhere;
  test::write_file(elsewhere.path() / "Other.Dockerfile", "FROM scratch\nCOPY fixture /other\n");
  test::write_file(context.path() / ".dockerignore", "Dockerfile\n");
  const auto inside = build_image(client, {.tags = {image.text()}, .context = context.path()}, {}, {});
  INFO(message_of(inside));
  CHECK(inside);
  const auto outside = build_image(
      client, {.tags = {image.text()}, .context = context.path(), .dockerfile = elsewhere.path() / "Other.Dockerfile"},
      {}, {});
  INFO(message_of(outside));
  CHECK(outside);
}

TEST_CASE("what is not there is told before anything is sent") {
  const auto client = test::real_engine();
  const auto no_context = build_image(client, {.tags = {}, .context = "/nonexistent/folder"}, {}, {});
  CHECK(no_context.error().message == "the build context /nonexistent/folder is not a folder");
  const Context context("FROM scratch\n");
  const auto no_file = build_image(client, {.tags = {}, .context = context.path(), .dockerfile = "none"}, {}, {});
  CHECK(no_file.error().kind == ErrorKind::not_found);
  test::write_file(context.path() / ".dockerignore", "fine\na[\n");
  const auto bad_pattern = build_image(client, {.tags = {}, .context = context.path()}, {}, {});
  CHECK(bad_pattern.error().message.find(".dockerignore:2: syntax error in pattern") != std::string::npos);
}

TEST_CASE("cancelling ends the running step at once") {
  const auto client = test::real_engine();
  const ImageName image(client, "cancelled");
  const Context context("FROM scratch\nCOPY fixture /fixture\nARG TEXT\nRUN [\"/fixture\", \"sleep\", \"120\"]\n");
  std::stop_source source;
  const ProgressSink stop_at_sleep = [&](const Progress& progress) {
    const auto* changed = std::get_if<StepChanged>(&progress);
    if (changed != nullptr && changed->step.started && changed->step.name.find("sleep") != std::string::npos) {
      source.request_stop();
    }
  };
  const auto start = std::chrono::steady_clock::now();
  const auto result =
      build_image(client, {.tags = {image.text()}, .context = context.path(), .args = {{"TEXT", fresh()}}},
                  stop_at_sleep, source.get_token());
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::interrupted);
  CHECK(std::chrono::steady_clock::now() - start < 60s);
}

TEST_CASE("several images are built at once with one client") {
  const auto client = test::real_engine();
  std::vector<std::unique_ptr<ImageName>> images;
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      images.push_back(std::make_unique<ImageName>(client, "parallel-" + std::to_string(i)));
      threads.emplace_back([&client, &good, name = images.back()->text(), i] {
        const Context context("FROM scratch\nCOPY fixture /fixture\nARG TEXT\nRUN [\"/fixture\", \"print\", \"hello " +
                              std::to_string(i) + "\"]\n");
        Lines lines;
        const auto result = build_image(
            client, {.tags = {name}, .context = context.path(), .args = {{"TEXT", fresh()}}}, lines.sink(), {});
        if (result && lines.contain("hello " + std::to_string(i))) ++good;
      });
    }
  }
  CHECK(good == 4);
}

}  // namespace saasctl::build_test
