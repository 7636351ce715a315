#include "build/session.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <random>
#include <string_view>
#include <thread>

#include "build/filesync.hpp"
#include "build/http2_server.hpp"
#include "build/services.hpp"
#include "build/ssh_agent.hpp"
#include "util/digest.hpp"
#include "util/guarded.hpp"
#include "util/wait.hpp"

namespace saasctl::build {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view health_check = "/grpc.health.v1.Health/Check";
constexpr std::string_view get_secret = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
constexpr std::string_view credentials = "/moby.filesync.v1.Auth/Credentials";
constexpr std::string_view diff_copy = "/moby.filesync.v1.FileSync/DiffCopy";
constexpr std::string_view check_agent = "/moby.sshforward.v1.SSH/CheckAgent";
constexpr std::string_view forward_agent = "/moby.sshforward.v1.SSH/ForwardAgent";

constexpr std::size_t write_size = 256 * 1024;  // small frames are gathered: a third of the system calls
constexpr auto farewell_time = 200ms;

std::string random_id() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  return id;
}

// BuildKit keeps the files it has got under the shared key and asks only for changes next time.
std::string shared_key(const SessionOffer& offer) {
  std::string folders;
  for (const auto& [name, path] : offer.folders) folders += fmt::format("{}={}\n", name, path.string());
  return sha256_hex(folders);
}

engine::Call session_call(const std::string& id, const SessionOffer& offer) {
  engine::Call call{.method = "POST",
                    .path = engine::ApiPath("/session"),
                    .headers = {{"X-Docker-Expose-Session-Uuid", id},
                                {"X-Docker-Expose-Session-Name", "saasctl"},
                                {"X-Docker-Expose-Session-Sharedkey", shared_key(offer)}}};
  const auto expose = [&](std::string_view method) {
    call.headers.emplace_back("X-Docker-Expose-Session-Grpc-Method", method);
  };
  for (const auto method : {health_check, get_secret, credentials, diff_copy}) expose(method);
  // The builder says so itself when a Dockerfile asks for an agent that no one offers.
  if (!offer.ssh.empty()) {
    expose(check_agent);
    expose(forward_agent);
  }
  return call;
}

}  // namespace

class Session::Server {
 public:
  Server(http::Upgraded connection, std::string id, SessionOffer offer)
      : id_(std::move(id)),
        offer_(std::move(offer)),
        connection_(std::move(connection)),
        signal_(source_.get_token()),
        http2_([this](std::string_view path, const grpc::Metadata& metadata) { return route(path, metadata); }),
        thread_([this] { serve_guarded(); }) {}

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  ~Server() {
    source_.request_stop();
    thread_.join();
  }

  const std::string& id() const { return id_; }

 private:
  std::unique_ptr<grpc::Call> route(std::string_view path, const grpc::Metadata& metadata);
  void serve_guarded();
  void serve();
  bool exchange();
  bool read_available();
  bool write_pending();
  void wait(const Deadline& deadline);

  std::string id_;
  SessionOffer offer_;
  http::Upgraded connection_;
  std::stop_source source_;
  StopSignal signal_;  // before the calls, which may wake it until they end
  grpc::Http2Server http2_;
  std::string output_;
  std::size_t written_ = 0;
  std::jthread thread_;
};

std::unique_ptr<grpc::Call> Session::Server::route(std::string_view path, const grpc::Metadata& metadata) {
  if (path == health_check) return std::make_unique<HealthCall>();
  if (path == get_secret) return std::make_unique<SecretCall>(offer_.secrets);
  if (path == credentials) {
    return std::make_unique<CredentialsCall>(offer_.docker_config, [this] { signal_.wake(); });
  }
  if (path == diff_copy) return make_diff_copy(offer_.folders, metadata, {[this] { signal_.wake(); }, offer_.warn});
  if (path == check_agent && !offer_.ssh.empty()) return std::make_unique<CheckAgentCall>(offer_.ssh);
  if (path == forward_agent && !offer_.ssh.empty())
    return make_forward_agent(offer_.ssh, metadata, [this] { signal_.wake(); });
  return nullptr;
}

// What a library throws ends the connection, and with it the build.
void Session::Server::serve_guarded() {
  const auto served = guarded([this]() -> Result<void> {
    serve();
    return {};
  });
  if (!served) static_cast<void>(connection_.finish_writing());
}

// Ends when the engine closes, when what it says is not HTTP/2, or when the session is destroyed: then it says goodbye,
// but does not wait long for the engine to listen.
void Session::Server::serve() {
  Deadline farewell;
  while (exchange()) {
    if (signal_.stop_requested() && !farewell) {
      farewell = deadline_after(farewell_time);
      http2_.terminate();
      continue;
    }
    if (farewell && (poll_timeout(farewell) == 0 || written_ == output_.size())) return;
    wait(farewell);
    if (!farewell) signal_.clear();
    http2_.resume();
  }
}

bool Session::Server::exchange() {
  return read_available() && write_pending() && http2_.alive();
}

bool Session::Server::read_available() {
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto count = connection_.read(buffer);
    if (!count) return false;
    if (!*count) return true;
    if (**count == 0 || !http2_.receive({buffer.data(), **count})) return false;
  }
}

bool Session::Server::write_pending() {
  for (;;) {
    if (written_ == output_.size()) {
      output_.clear();
      written_ = 0;
      if (!http2_.collect(output_, write_size)) return false;
      if (output_.empty()) return true;
    }
    const auto count = connection_.write(std::string_view(output_).substr(written_));
    if (!count) return false;
    if (*count == 0) return true;
    written_ += *count;
    // Between two pieces of a long transfer the engine's health checks and acknowledgements must be heard.
    if (written_ == output_.size() && !read_available()) return false;
  }
}

void Session::Server::wait(const Deadline& deadline) {
  const short events = written_ < output_.size() ? POLLIN | POLLOUT : POLLIN;
  std::array<pollfd, 2> entries{pollfd{connection_.descriptor(), events, 0},
                                pollfd{deadline ? -1 : signal_.descriptor(), POLLIN, 0}};
  // What poll says is not looked at: the next exchange tries both ways.
  ::poll(entries.data(), entries.size(), poll_timeout(deadline));
}

Session::Session(std::unique_ptr<Server> server) : server_(std::move(server)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

const std::string& Session::id() const {
  return server_->id();
}

Result<Session> Session::open(const engine::Client& client, SessionOffer offer, std::stop_token stop) {
  auto id = random_id();
  auto connection = client.upgrade(session_call(id, offer), "h2c", std::move(stop));
  if (!connection) return std::unexpected(std::move(connection.error()));
  return Session(std::make_unique<Server>(std::move(*connection), std::move(id), std::move(offer)));
}

}  // namespace saasctl::build
