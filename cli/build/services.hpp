// The small calls of a build session: health, secrets, registry credentials.
// Source: grpc/grpc health.proto (Health/Check); moby/buildkit session/secrets/secrets.proto (Secrets/GetSecret) and
// session/auth/auth.proto (Auth/Credentials).
#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "build/build.hpp"
#include "build/grpc.hpp"

namespace saasctl::build {

// BuildKit asks every second and gives the session up without an answer.
class HealthCall : public grpc::Call {
 public:
  void on_message(std::string_view) override;
};

// Answers with the bytes, or the content of the file, that are kept under the asked id; not_found for every other id
// (newer builders ask for credentials of git this way) and for a file that is not there.
class SecretCall : public grpc::Call {
 public:
  static constexpr std::size_t max_size = 500 * 1024;  // BuildKit's own limit

  explicit SecretCall(const std::map<std::string, BuildSecret>& secrets) : secrets_(secrets) {}
  void on_message(std::string_view request) override;

 private:
  void answer(const std::string& id, const std::string& content);

  const std::map<std::string, BuildSecret>& secrets_;
};

// Answers with the credentials that docker's configuration keeps for the asked host, or with empty ones: anonymous. A
// credential helper may take its time, so the look-up has a thread of its own, and `wake` is called from it at its end.
class CredentialsCall : public grpc::Call {
 public:
  CredentialsCall(std::filesystem::path docker_config, std::function<void()> wake)
      : docker_config_(std::move(docker_config)), wake_(std::move(wake)) {}

  void on_message(std::string_view request) override;
  void produce() override;

 private:
  struct Answer {
    std::string username;
    std::string secret;
    std::string error;  // empty when the look-up went well
  };

  Answer look_up(const std::string& host, std::stop_token stop) const;

  std::filesystem::path docker_config_;
  std::function<void()> wake_;
  std::future<Answer> answer_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace saasctl::build
