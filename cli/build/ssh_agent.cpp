#include "build/ssh_agent.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "util/guarded.hpp"
#include "util/wait.hpp"

namespace saasctl::build {
namespace {

constexpr std::size_t head_size = 4;                         // length, big-endian
constexpr std::string_view failure_answer("\0\0\0\1\5", 5);  // SSH_AGENT_FAILURE
constexpr char request_identities = 11, sign_request = 13;   // SSH_AGENTC_…
constexpr std::string_view default_id = "default";

// BytesMessage.data and CheckAgentRequest.ID are both field 1; nothing for a damaged message.
std::optional<std::string> first_field(std::string_view message) {
  std::string text;
  try {
    protozero::pbf_reader reader(message.data(), message.size());
    while (reader.next(1, protozero::pbf_wire_type::length_delimited)) text = reader.get_bytes();
  } catch (const protozero::exception&) {
    return std::nullopt;
  }
  return text;
}

class FailedCall : public grpc::Call {
 public:
  explicit FailedCall(grpc::Status status) { finish(std::move(status)); }
  void on_message(std::string_view) override {}
};

grpc::Status not_offered(std::string_view id) {
  return {grpc::Code::not_found,
          fmt::format("the SSH agent '{}' is not given to the build: name it under build.ssh or with --ssh", id)};
}

}  // namespace

void CheckAgentCall::on_message(std::string_view request) {
  auto id = first_field(request).value_or("");
  if (id.empty()) id = default_id;
  if (!agents_.contains(id)) return finish(not_offered(id));
  send({});
  finish();
}

AgentRequests::Taken AgentRequests::feed(std::string_view bytes) {
  Taken taken;
  buffer_ += bytes;
  std::string_view rest = buffer_;
  while (rest.size() >= head_size) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < head_size; ++i) size = size << 8 | static_cast<unsigned char>(rest[i]);
    taken.too_large = size > max_size;
    if (taken.too_large || rest.size() < head_size + size) break;
    const auto request = rest.substr(0, head_size + size);
    const bool passes = size > 0 && (request[head_size] == request_identities || request[head_size] == sign_request);
    (passes ? taken.forward : taken.answer) += passes ? request : failure_answer;
    rest.remove_prefix(request.size());
  }
  buffer_.erase(0, buffer_.size() - rest.size());
  return taken;
}

// What the call and its thread share.
class ForwardAgentCall::Connection {
 public:
  Connection(std::filesystem::path socket, std::function<void()> wake)
      : path_(std::move(socket)), wake_(std::move(wake)), signal_(source_.get_token()) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }

  void stop() { source_.request_stop(); }

  void write(std::string_view bytes) {
    const std::scoped_lock lock(mutex_);
    to_agent_ += bytes;
    signal_.wake();
  }

  // What the agent has said since, and whether that was all; an error in the end.
  struct Said {
    std::string bytes;
    bool ended = false;
    std::string error;
  };
  Said take() {
    const std::scoped_lock lock(mutex_);
    return {std::exchange(from_agent_, {}), ended_, error_};
  }

  void serve() {
    const auto served = guarded([this]() -> Result<void> {
      if (auto error = connect(); !error.empty()) return failure(std::move(error));
      while (!signal_.stop_requested() && exchange()) {
      }
      return {};
    });
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    if (!served) error_ = served.error().message;
    wake_();
  }

 private:
  std::string connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto name = path_.string();
    if (name.size() >= sizeof(address.sun_path)) return fmt::format("the path of the SSH agent is too long: {}", name);
    name.copy(address.sun_path, name.size());
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0 || ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      return fmt::format("the SSH agent at {} does not answer: {}", name, std::strerror(errno));
    return {};
  }

  // One turn both ways; false at the end of the connection.
  bool exchange() {
    const auto writing = pending_write();
    std::array<pollfd, 2> entries{pollfd{socket_, static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0},
                                  pollfd{signal_.descriptor(), POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), -1) < 0) return errno == EINTR;
    if (signal_.stop_requested()) return false;
    signal_.clear();
    return write_some() && read_some();
  }

  bool pending_write() {
    const std::scoped_lock lock(mutex_);
    return !to_agent_.empty();
  }

  bool write_some() {
    const std::scoped_lock lock(mutex_);
    if (to_agent_.empty()) return true;
    const auto count = ::send(socket_, to_agent_.data(), to_agent_.size(), MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    to_agent_.erase(0, static_cast<std::size_t>(count));
    return true;
  }

  bool read_some() {
    std::array<char, 16384> buffer{};
    const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    const std::scoped_lock lock(mutex_);
    from_agent_.append(buffer.data(), static_cast<std::size_t>(count));
    wake_();
    return true;
  }

  std::filesystem::path path_;
  std::function<void()> wake_;
  std::stop_source source_;
  StopSignal signal_;
  int socket_ = -1;
  std::mutex mutex_;
  std::string to_agent_;
  std::string from_agent_;
  bool ended_ = false;
  std::string error_;
};

ForwardAgentCall::ForwardAgentCall(std::filesystem::path socket, std::function<void()> wake)
    : connection_(std::make_shared<Connection>(std::move(socket), std::move(wake))),
      thread_([connection = connection_](const std::stop_token& stop) {
        const std::stop_callback ends(stop, [&] { connection->stop(); });
        connection->serve();
      }) {}

void ForwardAgentCall::on_message(std::string_view message) {
  const auto bytes = first_field(message);
  if (!bytes) return finish({grpc::Code::invalid_argument, "damaged message for the SSH agent"});
  const auto taken = requests_.feed(*bytes);
  if (taken.too_large) return finish({grpc::Code::resource_exhausted, "a request to the SSH agent is too large"});
  if (!taken.answer.empty()) {
    std::string answer;
    protozero::pbf_writer(answer).add_bytes(1, taken.answer);
    send(answer);
  }
  if (!taken.forward.empty()) connection_->write(taken.forward);
}

void ForwardAgentCall::on_end() {
  finish();
}

void ForwardAgentCall::produce() {
  const auto said = connection_->take();
  if (!said.bytes.empty()) {
    std::string message;
    protozero::pbf_writer(message).add_bytes(1, said.bytes);
    send(message);
  } else if (said.ended) {
    finish(said.error.empty() ? grpc::Status{} : grpc::Status{grpc::Code::internal, said.error});
  }
}

std::unique_ptr<grpc::Call> make_forward_agent(const SshAgents& agents, const grpc::Metadata& metadata,
                                               std::function<void()> wake) {
  const auto ids = grpc::values_of(metadata, "buildkit.ssh.id");
  const auto id = ids.empty() || ids[0].empty() ? std::string(default_id) : ids[0];
  const auto agent = agents.find(id);
  if (agent == agents.end()) return std::make_unique<FailedCall>(not_offered(id));
  return std::make_unique<ForwardAgentCall>(agent->second, std::move(wake));
}

}  // namespace saasctl::build
