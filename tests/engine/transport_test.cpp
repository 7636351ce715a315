// The real engine behind TLS and behind ssh: plain calls, taken-over connections and builds.
#include <fcntl.h>

#include <csignal>

#include "engine/attached.hpp"
#include "engine/exec.hpp"
#include "engine/system.hpp"
#include "paths.hpp"
#include "real_engine.hpp"
#include "tls_proxy.hpp"
#include "util/descriptor.hpp"

namespace saasctl::transport_test {

using namespace saasctl::engine;
using namespace saasctl::test;

namespace {

// A container that lives, removed at the end.
class Lifecycle {
 public:
  explicit Lifecycle(const Client& client, const std::string& name)
      : client_(client), image_(client, name), name_(client, name) {
    const Context context("FROM scratch\nCOPY fixture /fixture\n");
    const auto built = build::build_image(client, {.tags = {image_.text()}, .context = context.path()}, {}, {});
    if (!built) FAIL(built.error().message);
    const auto made = create_container(
        client, name_.text(),
        {{"Image", image_.text()}, {"Cmd", {"/fixture", "sleep", "600"}}, {"StopSignal", "SIGKILL"}}, {});
    if (!made) FAIL(made.error().message);
    if (const auto started = start_container(client, name_.text(), {}); !started) FAIL(started.error().message);
  }
  const std::string& name() const { return name_.text(); }

 private:
  const Client& client_;
  ImageName image_;
  ContainerName name_;
};

std::string content_of(int file) {
  std::string text(1 << 20, '\0');
  const auto count = ::pread(file, text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

// Feeds the container's `fixture copy` over a taken-over connection: the end of the input must get there, and
// everything must come back.
void check_exec(const Client& client, const std::string& container) {
  const TemporaryFolder folder;
  std::string input;
  for (int i = 0; input.size() < 500'000; ++i) input += std::to_string(i) + "\n";
  write_file(folder.path() / "in", input);
  const Descriptor in(::open((folder.path() / "in").c_str(), O_RDONLY | O_CLOEXEC));
  const Descriptor out(::open((folder.path() / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const auto exec = exec_create(client, container, {"/fixture", "copy"}, {.input = true}, {});
  REQUIRE(exec);
  auto connection = exec_attach(client, *exec, false, {});
  REQUIRE(connection);
  const auto carried = carry_streams(*connection, {.input = in.get(), .output = out.get(), .error = out.get()}, {});
  INFO((carried ? "" : carried.error().message));
  CHECK(carried);
  CHECK(content_of(out.get()) == input);
  CHECK(exec_exit_code(client, *exec, {}) == 0);
}

// PATH with a program `ssh` of the test's own in front, as long as it lives.
class FakeSsh {
 public:
  explicit FakeSsh(const std::string& script) : path_(std::getenv("PATH")) {
    write_file(folder_.path() / "ssh", "#!/bin/sh\n" + script);
    std::filesystem::permissions(folder_.path() / "ssh", std::filesystem::perms(0755));
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
  }
  FakeSsh(const FakeSsh&) = delete;
  FakeSsh& operator=(const FakeSsh&) = delete;
  ~FakeSsh() { ::setenv("PATH", path_.c_str(), 1); }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

}  // namespace

TEST_CASE("an engine behind TLS with certificates of both sides") {
  std::signal(SIGPIPE, SIG_IGN);  // as the tool does
  const auto direct = real_engine();
  REQUIRE_FALSE(direct.endpoint().unix_socket.empty());
  const Certificate authority("test authority", "", nullptr);
  const Certificate server("engine", "IP:127.0.0.1", &authority);
  const Certificate user("user", "", &authority);
  const TlsProxy proxy(server, authority, direct.endpoint().unix_socket);
  const TemporaryFolder folder;
  authority.write(folder.path() / "ca.pem", "");
  user.write(folder.path() / "cert.pem", folder.path() / "key.pem");

  const Environment environment{
      {"DOCKER_HOST", proxy.host()}, {"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", folder.path().string()}};
  const auto endpoint = resolve_endpoint({}, environment);
  REQUIRE(endpoint);
  const auto client = Client::connect(*endpoint, {});
  INFO((client ? "" : client.error().message));
  REQUIRE(client);
  CHECK(engine_version(*client, {})->version == engine_version(direct, {})->version);
  {
    const Lifecycle living(*client, "tls");  // its image is built over a session inside of TLS
    check_exec(*client, living.name());
  }  // removed while the certificates are still right

  const Certificate stranger("stranger", "", nullptr);
  stranger.write(folder.path() / "ca.pem", "");
  const auto unknown = Client::connect(*endpoint, {});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::no_engine);
  CHECK(unknown.error().message.find("certificate") != std::string::npos);

  auto unverified = environment;
  unverified["DOCKER_TLS_VERIFY"] = "";
  CHECK(Client::connect(*resolve_endpoint({}, unverified), {}));

  stranger.write(folder.path() / "cert.pem", folder.path() / "key.pem");
  CHECK_FALSE(Client::connect(*resolve_endpoint({}, unverified), {}));
}

TEST_CASE("an engine behind ssh") {
  const auto direct = real_engine();
  const TemporaryFolder folder;
  const auto words = folder.path() / "words";
  const FakeSsh ssh("echo \"$@\" >>" + words.string() + "\nexec " SAASCTL_FIXTURE " dial " +
                    direct.endpoint().unix_socket.string() + "\n");
  const auto endpoint = resolve_endpoint({.host = "ssh://me@far:2222"}, {});
  REQUIRE(endpoint);
  const auto client = Client::connect(*endpoint, {});
  INFO((client ? "" : client.error().message));
  REQUIRE(client);
  CHECK(engine_version(*client, {})->version == engine_version(direct, {})->version);
  std::ifstream written(words);
  std::string line;
  std::getline(written, line);
  CHECK(line == "-o ConnectTimeout=30 -T -l me -p 2222 -- far docker system dial-stdio");
  const Lifecycle living(*client, "ssh");
  check_exec(*client, living.name());
  const auto exec = exec_create(*client, living.name(), {"/fixture", "sleep", "600"}, {}, {});
  std::stop_source stop;
  std::jthread soon([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  const auto interrupted = exec_run(*client, living.name(), {"/fixture", "sleep", "600"}, {}, stop.get_token());
  REQUIRE_FALSE(interrupted);
  CHECK(interrupted.error().kind == ErrorKind::interrupted);
}

TEST_CASE("what ssh complains of is told, and nothing hangs") {
  {
    const FakeSsh ssh("echo 'Host key verification failed.' >&2\nexit 255\n");
    const auto refused = Client::connect(*resolve_endpoint({.host = "ssh://far"}, {}), {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::no_engine);
    CHECK(refused.error().message == "no Docker Engine answers at ssh://far (--host): Host key verification failed.");
    CHECK(refused.error().hint.find("ssh -o ConnectTimeout=30 -T -- far docker system dial-stdio") !=
          std::string::npos);
  }
  const FakeSsh question("exec sleep 600\n");
  std::stop_source stop;
  std::jthread soon([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto hanging = Client::connect(*resolve_endpoint({.host = "ssh://far"}, {}), stop.get_token());
  REQUIRE_FALSE(hanging);
  CHECK(hanging.error().kind == ErrorKind::interrupted);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

}  // namespace saasctl::transport_test
