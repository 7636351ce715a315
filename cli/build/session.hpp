// A build session: BuildKit calls back to us over it for files, secrets and credentials.
// Source: Docker Engine API 1.41, POST /session; moby/buildkit session/manager.go (the X-Docker-Expose-Session
// headers).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "build/build.hpp"
#include "engine/client.hpp"
#include "util/result.hpp"

namespace saasctl::build {

// What a session offers.
struct SessionOffer {
  std::map<std::string, std::filesystem::path> folders;  // by the names "context" and "dockerfile"
  std::map<std::string, BuildSecret> secrets;            // by id
  std::map<std::string, std::filesystem::path> ssh;      // sockets of agents, by id
  std::filesystem::path docker_config;                   // registry credentials; empty: none
  // Called on the session's thread with what the user should know. May be empty.
  std::function<void(const std::string& text)> warn = {};
};

// Open until destroyed; serves on a thread of its own.
class Session {
 public:
  // Errors as Client::upgrade.
  static Result<Session> open(const engine::Client& client, SessionOffer offer, std::stop_token stop);

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // What the build names it by.
  const std::string& id() const;

 private:
  class Server;
  explicit Session(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace saasctl::build
