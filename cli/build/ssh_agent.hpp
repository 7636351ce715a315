// A build's way to the user's SSH agents: it can have data signed with their keys, and never sees a key.
// Source: moby/buildkit session/sshforward/ssh.proto (SSH/CheckAgent, SSH/ForwardAgent) and sshprovider (which requests
// pass); draft-ietf-sshm-ssh-agent, sections 3 and 5 (messages and their numbers).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "build/grpc.hpp"

namespace saasctl::build {

using SshAgents = std::map<std::string, std::filesystem::path>;  // sockets by id

// Whether an id is offered; an empty id is "default".
class CheckAgentCall : public grpc::Call {
 public:
  explicit CheckAgentCall(const SshAgents& agents) : agents_(agents) {}
  void on_message(std::string_view request) override;

 private:
  const SshAgents& agents_;
};

// Cuts what a client says to an agent into whole requests. Only those that list keys and sign are let through: a build
// must not add keys, remove them or lock the agent.
class AgentRequests {
 public:
  static constexpr std::size_t max_size = 256 * 1024;  // of one request, as OpenSSH has it

  struct Taken {
    std::string forward;     // requests for the agent
    std::string answer;      // failures in the place of the others
    bool too_large = false;  // the stream is of no more use
  };
  Taken feed(std::string_view bytes);

 private:
  std::string buffer_;
};

// One connection to an agent. A thread of its own talks to the socket; `wake` is called from it when there is more to
// send.
class ForwardAgentCall : public grpc::Call {
 public:
  ForwardAgentCall(std::filesystem::path socket, std::function<void()> wake);

  void on_message(std::string_view message) override;
  void on_end() override;
  void produce() override;

 private:
  class Connection;
  std::shared_ptr<Connection> connection_;
  AgentRequests requests_;
  std::jthread thread_;
};

// The call for the metadata that BuildKit sends (buildkit.ssh.id). An id that is not offered gives a call that fails.
std::unique_ptr<grpc::Call> make_forward_agent(const SshAgents& agents, const grpc::Metadata& metadata,
                                               std::function<void()> wake);

}  // namespace saasctl::build
