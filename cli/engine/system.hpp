// The engine itself. Source: Docker Engine API 1.41, GET /version and GET /info.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/client.hpp"
#include "engine/time.hpp"
#include "util/result.hpp"

namespace saasctl::engine {

struct Version {
  std::string version;  // "20.10.24+dfsg1"
  std::string api_version;
  std::string min_api_version;
  std::string os;
  std::string architecture;
  std::string kernel;
};

Result<Version> engine_version(const Client& client, std::stop_token stop);

struct Info {
  std::string name;  // of its machine
  std::string operating_system;
  std::string architecture;
  std::string storage_driver;
  std::string cgroup_version;
  std::string default_runtime;
  std::vector<std::string> security_options;
  int cpus = 0;
  std::int64_t memory = 0;  // bytes
  bool rootless = false;
  bool containerd_store = false;
  std::vector<std::string> warnings;
};

Result<Info> engine_info(const Client& client, std::stop_token stop);

}  // namespace saasctl::engine
