// The real things behind the interfaces of verify/world.hpp: a Docker Engine, HTTP, the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/client.hpp"
#include "engine/containers.hpp"
#include "util/http.hpp"
#include "util/result.hpp"
#include "verify/verify_deps.hpp"

namespace saasctl::verify {

// Removes the service's container and creates it anew, exactly as it was.
using Recreate = std::function<Result<void>(const std::string& service, std::stop_token stop)>;

// The services of one project, found by Compose's labels. Asks the engine at every call and keeps nothing, because
// containers come and go while a plan runs. The client must outlive it.
class EngineServices : public Services {
 public:
  EngineServices(const engine::Client& client, std::string project, Recreate recreate)
      : client_(client), project_(std::move(project)), recreate_(std::move(recreate)) {}

  Result<ServiceState> state(std::string_view service, std::stop_token stop) override;
  Result<Address> address(std::string_view service, std::optional<int> port, std::stop_token stop) override;
  Result<engine::ExecResult> exec(std::string_view service, const std::vector<std::string>& command,
                                  std::chrono::milliseconds timeout, std::stop_token stop) override;
  Result<std::map<std::string, std::string>> variables(std::string_view service, const std::vector<std::string>& names,
                                                       std::stop_token stop) override;
  Result<void> recreate(std::string_view service, std::stop_token stop) override;

 private:
  Result<engine::Container> container(std::string_view service, std::stop_token stop) const;

  const engine::Client& client_;
  std::string project_;
  Recreate recreate_;
};

class HttpWeb : public HttpSender {
 public:
  Result<http::Response> send(const http::Request& request, std::stop_token stop) override;

 private:
  http::Client client_;
};

class SystemClock : public Clock {
 public:
  std::chrono::steady_clock::time_point now() override;
  std::chrono::system_clock::time_point date() override;
  void wait(std::chrono::nanoseconds duration, std::stop_token stop) override;
};

// 64 bits of the system's random source.
std::uint64_t random_bits();

}  // namespace saasctl::verify
